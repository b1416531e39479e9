"""Demonyms: Norwegian customers are those from Norway; a person from France may be stored as French."""

_DEMONYMS = """
afghanistan: afghan; albania: albanian; algeria: algerian; angola: angolan; argentina: argentinian,
argentine; armenia: armenian; australia: australian; austria: austrian; azerbaijan: azerbaijani;
bangladesh: bangladeshi; belarus: belarusian; belgium: belgian; bolivia: bolivian; bosnia: bosnian;
botswana: botswanan; brazil: brazilian; britain: british; bulgaria: bulgarian; cambodia: cambodian;
cameroon: cameroonian; canada: canadian; chad: chadian; chile: chilean; china: chinese; colombia:
colombian; congo: congolese; croatia: croatian; cuba: cuban; cyprus: cypriot; czechia: czech; czech
republic: czech; denmark: danish; ecuador: ecuadorian; egypt: egyptian; england: english; eritrea:
eritrean; estonia: estonian; ethiopia: ethiopian; europe: european; africa: african; asia: asian; america:
american; fiji: fijian; finland: finnish; france: french; gabon: gabonese; georgia: georgian; germany:
german; ghana: ghanaian; great britain: british; greece: greek; guatemala: guatemalan; guinea: guinean;
guyana: guyanese; haiti: haitian; honduras: honduran; hungary: hungarian; iceland: icelandic; india:
indian; indonesia: indonesian; iran: iranian; iraq: iraqi; ireland: irish; israel: israeli; italy:
italian; ivory coast: ivorian; jamaica: jamaican; japan: japanese; jordan: jordanian; kazakhstan: kazakh;
kenya: kenyan; korea: korean; kosovo: kosovar; kuwait: kuwaiti; laos: laotian; latvia: latvian; lebanon:
lebanese; liberia: liberian; libya: libyan; lithuania: lithuanian; luxembourg: luxembourgish; madagascar:
malagasy; malawi: malawian; malaysia: malaysian; mali: malian; malta: maltese; mauritania: mauritanian;
mexico: mexican; moldova: moldovan; mongolia: mongolian; montenegro: montenegrin; morocco: moroccan;
mozambique: mozambican; myanmar: burmese; namibia: namibian; nepal: nepalese, nepali; netherlands: dutch;
nicaragua: nicaraguan; niger: nigerien; nigeria: nigerian; north macedonia: macedonian; norway: norwegian;
oman: omani; pakistan: pakistani; panama: panamanian; paraguay: paraguayan; peru: peruvian; philippines:
filipino, philippine; poland: polish; portugal: portuguese; qatar: qatari; romania: romanian; russia:
russian; rwanda: rwandan; saudi arabia: saudi; scotland: scottish; senegal: senegalese; serbia: serbian;
singapore: singaporean; slovakia: slovak; slovenia: slovenian; somalia: somali; spain: spanish; sudan:
sudanese; sweden: swedish; switzerland: swiss; syria: syrian; taiwan: taiwanese; tanzania: tanzanian;
thailand: thai; tunisia: tunisian; turkey: turkish; uganda: ugandan; ukraine: ukrainian; united kingdom:
british; uk: british; united states: american; usa: american; us: american; united states of america:
american; uruguay: uruguayan; uzbekistan: uzbek; venezuela: venezuelan; vietnam: vietnamese; wales: welsh;
yemen: yemeni; zambia: zambian; zimbabwe: zimbabwean
"""
"""Each country with its demonyms."""


def _pairs() -> list[tuple[str, str]]:
    """Pairs of a country and one of its demonyms."""
    entries = (entry.split(":") for entry in " ".join(_DEMONYMS.split()).split(";"))
    return [(country.strip(), word.strip()) for country, words in entries for word in words.split(",")]


def _forms() -> dict[str, tuple[str, ...]]:
    forms: dict[str, list[str]] = {}
    for country, demonym in _pairs():
        forms.setdefault(demonym, []).append(country)
        if " " not in country and country != "us":  # which is "tell us", too
            forms.setdefault(country, []).append(demonym)
    return {word: tuple(counterparts) for word, counterparts in forms.items()}


COUNTRY_FORMS = _forms()
"""The countries of each demonym, of one word or several; and the demonyms of each country of one word."""
