"""Which language a question is in that is not in English, by its function words or its letters.

Function words are small, few and in every sentence. A question with any English one is taken for English: it
may name whatever it likes in other languages. Names with capitals and quotations do not count.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from kbqa.linking.words import COMMON, WORD, fold, quoted_of

_ENGLISH = COMMON | frozenset(
    (
        "about", "above", "after", "against", "any", "average", "been", "before", "below", "between", "both",
        "but", "called", "can", "compare", "could", "count", "during", "get", "give", "he", "her", "his", "i",
        "if", "into", "least", "less", "more", "most", "my", "not", "number", "only", "other", "our", "out",
        "over", "per", "please", "she", "should", "since", "some", "than", "then", "those", "through", "top",
        "total", "no", "an", "under", "until", "up", "we", "while", "without", "would", "you", "your",
    )
)  # fmt: skip
_ASKING: Mapping[str, str] = {
    "German": "welche welcher welches welchen wieviel wieviele wie wer wo wann warum wieso zeige zeig nenne "
    "liste gibt sind wurde wurden haben hatte kommen wohnen ist",
    "French": "quel quels quelle quelles combien qui quand pourquoi montre montrez donne donnez liste sont "
    "ont etait affiche afficher trouve habitent",
    "Spanish": "cual cuales cuanto cuantos cuantas quien quienes donde cuando muestra muestrame dame lista "
    "tienen esta estan fue fueron viven mostrar",
    "Portuguese": "qual quais quanto quantos quantas quem onde quando mostre mostra liste lista foi foram "
    "estao vivem moram",
    "Italian": "quale quali quanto quanti quante quando mostra mostrami dammi elenca sono hanno stati vivono",
    "Dutch": "welke welk hoeveel wie waar wanneer waarom toon geef zijn heeft hebben werd werden wonen",
    "Polish": "ktore ktory ktora ktorzy ile jaki jakie kto gdzie kiedy pokaz podaj wymien jest mieszka",
    "Czech": "ktere ktery ktera kteri kolik jaky jake kdo kdy ukaz vypis jsou maji zije",
    "Swedish": "vilka vilken vilket hur vem varfor finns kommer",
    "Danish or Norwegian": "hvilke hvilken hvilket hvor hvem hvornar hvorfor findes finnes kommer",
    "Finnish": "mitka kuinka montako missa milloin miksi nayta ovat asuu",
    "Hungarian": "melyik melyek hany mennyi mikor miert mutasd vannak laknak",
    "Romanian": "cati cate unde cand sunt este locuiesc",
    "Turkish": "hangi kac nerede goster listele nedir kimdir",
    "Vietnamese": "nhieu",
    "Indonesian": "berapa siapa kapan tampilkan adalah",
}
"""What asks, and the commonest verbs, folded: none that is a word of English, too."""
_JOINING: Mapping[str, str] = {
    "German": "der die das den dem des ein eine einen einem einer und oder mit von aus nach fur bei zum zur "
    "im in am es alle jede jeder jedes nicht mehr als viele uber unter seit man was war hat",
    "French": "le la les un une des du de d l et ou avec dans par pour sur au aux en plus que il y a ne pas "
    "tous toutes chaque entre depuis est on me",
    "Spanish": "el la los las un una unos unas de del y o con en por para que mas se no todos todas cada "
    "entre desde hasta al a hay son es me",
    "Portuguese": "o a os as um uma de do da dos das e ou com em no na nos nas por para que mais se nao "
    "todos todas cada entre desde ate ao ha sao tem me",
    "Italian": "il lo la i gli le un una di del della dei delle e o con in nel nella per che piu non tutti "
    "tutte ogni tra da dal al a ci chi dove come",
    "Dutch": "de het een en of met van uit naar voor bij in op er niet meer dan alle elke aan tussen sinds "
    "is was hoe",
    "Polish": "i w z na do od dla sie nie wiecej niz wszystkie kazdy kazdego oraz lub ze sa to",
    "Czech": "a v z na do od pro se ne vice nez vsechny kazdy kazdeho nebo je s to",
    "Swedish": "en ett och eller med fran i pa av for som inte fler an alla varje mellan det de manga ar har "
    "visa",
    "Danish or Norwegian": "en et og eller med fra i pa af av for som ikke flere end enn alle hver mellem "
    "mellom der det de mange er har vis",
    "Finnish": "ja tai ei enemman kuin kaikki jokainen joka on monta",
    "Hungarian": "a az es vagy nem tobb mint minden egy van",
    "Romanian": "un o si sau cu din in la de pe pentru nu mai mult decat toate fiecare exista care cat au",
    "Turkish": "ve veya ile icin bir bu daha cok her tum olan var kim ne zaman",
    "Vietnamese": "cac nhung va hoac voi tu trong cua cho khong tat ca moi bao co la o",
    "Indonesian": "dan atau dengan dari di ke untuk tidak lebih semua setiap yang ada apa mana banyak",
}
"""The articles, prepositions and their like."""
_MIN_OPENING = 5
"""Letters of a word that tells a language alone, where a question begins with it."""
_SCRIPTS: Mapping[str, str] = {
    "CYRILLIC": "a language of Cyrillic letters", "GREEK": "Greek", "ARABIC": "Arabic or Persian",
    "HEBREW": "Hebrew", "DEVANAGARI": "Hindi", "BENGALI": "Bengali", "TAMIL": "Tamil", "THAI": "Thai",
    "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "CJK": "Chinese",
}  # fmt: skip
_MIN_LETTERS = 6
"""Fewer letters of another script may be no more than a name."""
_APOSTROPHE = re.compile("['’]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def foreign_language(question: str) -> str:
    """The language of a question that is surely not in English; empty where it is, or may be.

    >>> foreign_language("Wie viele Kunden gibt es?"), foreign_language("Which albums are by die Ärzte?")
    ('German', '')
    """
    words = list(_plain_words(question))
    by_script = _of_script(question, words)
    if by_script or not words:
        return by_script
    found = {language: _matches(words, language) for language in _ASKING}
    language = max(found, key=lambda each: found[each])
    return language if found[language] > 0 else ""


def _matches(words: Sequence[str], language: str) -> int:
    """How many of a language's function words there are; 0 where that may be chance, or it may be English."""
    asking, joining = (set(of[language].split()) for of in (_ASKING, _JOINING))
    there = set(words)
    known = there & (asking | joining) - _ENGLISH
    opens = words[0] in asking and len(words[0]) >= _MIN_OPENING
    is_it = bool(there & asking) and (len(known) > 1 or opens)
    return len(known) if is_it and not there & _ENGLISH - asking - joining else 0


def _plain_words(question: str) -> Iterator[str]:
    """The folded words of a question but for names with capitals and what is quoted."""
    quoted = [span for _, span in quoted_of(question)]
    shouts = question.isupper()
    for number, match in enumerate(WORD.finditer(question)):
        is_name = match.group()[0].isupper() and number > 0 and not shouts
        if not is_name and not any(start <= match.start() < end for start, end in quoted):
            yield from filter(None, map(fold, _APOSTROPHE.split(match.group())))


def _of_script(question: str, words: Sequence[str]) -> str:
    """The language that the letters of a question tell, where hardly any are Latin."""
    if set(words) & _ENGLISH or _LATIN.search(question):
        return ""
    letters = [letter for letter in question if letter.isalpha() and not letter.isascii()]
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in letters]
    known = [script for script in scripts if script in _SCRIPTS]
    if len(known) < _MIN_LETTERS:
        return ""
    kana = next((script for script in known if script in ("HIRAGANA", "KATAKANA")), "")
    return _SCRIPTS[kana or max(set(known), key=known.count)]
