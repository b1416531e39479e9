"""Other names of places and of people's sexes: what everybody knows who speaks the language."""

from collections.abc import Iterator, Mapping

from kbqa.linking.demonyms import COUNTRY_FORMS

_COUNTRIES = """
us usa: united states, united states of america, america, u s, u s a; gb gbr: united kingdom, uk, u k,
great britain, britain; ae are: united arab emirates, uae; kr kor: south korea, korea, republic of korea,
korea republic of; kp prk: north korea; ru rus: russia, russian federation; cz cze: czechia, czech republic;
nl nld: netherlands, the netherlands, holland; ci civ: ivory coast, cote d ivoire; mm mmr: myanmar, burma;
vn vnm: vietnam, viet nam; ir irn: iran, islamic republic of iran; sy syr: syria, syrian arab republic;
cn chn: china, people s republic of china, peoples republic of china; tr tur: turkey, turkiye;
mk mkd: macedonia, north macedonia; cd cod: democratic republic of the congo, dr congo; cg cog: congo;
la lao: laos; md mda: moldova; tz tza: tanzania; ve ven: venezuela; bo bol: bolivia; tw twn: taiwan;
hk hkg: hong kong; sz swz: eswatini, swaziland; cv cpv: cape verde, cabo verde; de deu: germany;
fr fra: france; es esp: spain; it ita: italy; pt prt: portugal; at aut: austria; ch che: switzerland;
be bel: belgium; lu lux: luxembourg; ie irl: ireland; dk dnk: denmark; se swe: sweden; no nor: norway;
fi fin: finland; is isl: iceland; pl pol: poland; sk svk: slovakia; hu hun: hungary; ro rou: romania;
bg bgr: bulgaria; gr grc: greece; hr hrv: croatia; si svn: slovenia; rs srb: serbia; ua ukr: ukraine;
ee est: estonia; lv lva: latvia; lt ltu: lithuania; mt mlt: malta; cy cyp: cyprus; ca can: canada;
mx mex: mexico; br bra: brazil; ar arg: argentina; cl chl: chile; co col: colombia; pe per: peru;
uy ury: uruguay; py pry: paraguay; ec ecu: ecuador; cu cub: cuba; jp jpn: japan; in ind: india;
id idn: indonesia; my mys: malaysia; sg sgp: singapore; th tha: thailand; ph phl: philippines;
pk pak: pakistan; bd bgd: bangladesh; lk lka: sri lanka; np npl: nepal; il isr: israel; sa sau: saudi arabia;
qa qat: qatar; kw kwt: kuwait; eg egy: egypt; ma mar: morocco; tn tun: tunisia; dz dza: algeria;
ng nga: nigeria; ke ken: kenya; gh gha: ghana; et eth: ethiopia; za zaf: south africa; au aus: australia;
nz nzl: new zealand
"""
_STATES = """
al: alabama; ak: alaska; az: arizona; ar: arkansas; ca: california; co: colorado; ct: connecticut;
de: delaware; dc: district of columbia, washington dc; fl: florida; ga: georgia; hi: hawaii; id: idaho;
il: illinois; in: indiana; ia: iowa; ks: kansas; ky: kentucky; la: louisiana; me: maine; md: maryland;
ma: massachusetts; mi: michigan; mn: minnesota; ms: mississippi; mo: missouri; mt: montana; ne: nebraska;
nv: nevada; nh: new hampshire; nj: new jersey; nm: new mexico; ny: new york; nc: north carolina;
nd: north dakota; oh: ohio; ok: oklahoma; or: oregon; pa: pennsylvania; ri: rhode island;
sc: south carolina; sd: south dakota; tn: tennessee; tx: texas; ut: utah; vt: vermont; va: virginia;
wa: washington, washington state; wv: west virginia; wi: wisconsin; wy: wyoming
"""
"""Places by their codes of two and three letters."""
_FEMALE = ("f", "w", "female", "females", "woman", "women", "girl", "girls", "lady", "ladies")
_MALE = ("m", "male", "males", "man", "men", "boy", "boys", "gentleman", "gentlemen")
MAX_PLACE_WORDS, MAX_CODE_LENGTH = 5, 3


def _groups(table: str) -> Iterator[tuple[list[str], list[str]]]:
    """Codes and names of each place."""
    for entry in " ".join(table.split()).split(";"):
        codes, _, names = entry.partition(":")
        yield codes.split(), [name.strip() for name in names.split(",")]


def _places() -> Mapping[str, tuple[str, ...]]:
    places: dict[str, list[str]] = {}
    for codes, names in (*_groups(_COUNTRIES), *_groups(_STATES)):
        group = [*names, *codes]
        for text in group:
            places.setdefault(text, []).extend(other for other in group if other != text)
    return {text: tuple(dict.fromkeys(others)) for text, others in places.items()}


_PLACES = _places()


def other_names(text: str) -> tuple[str, ...]:
    """Other names and codes of a country or state of the USA, by a folded name or demonym of it.

    >>> other_names("north carolina"), "gbr" in other_names("british"), other_names("lamp")
    (('nc',), True, ())
    """
    countries = COUNTRY_FORMS.get(text, ())
    others = [*_PLACES.get(text, ()), *(name for country in countries for name in _PLACES.get(country, ()))]
    return tuple(dict.fromkeys(other for other in others if other != text))


def is_code(text: str) -> bool:
    """Whether a name of a place is its code."""
    return len(text) <= MAX_CODE_LENGTH


def same_sex(word: str) -> frozenset[str]:
    """Words and letters for the sex that a folded word names; none for other words.

    >>> "f" in same_sex("women"), same_sex("tall"), "female" in same_sex("men")
    (True, frozenset(), False)
    """
    for words in (_FEMALE, _MALE):
        if word in words and len(word) > 1:
            return frozenset(words)
    return frozenset()


SEXES = frozenset((*_FEMALE, *_MALE))
