"""A question → what of the graph it may mention. Candidates, never a decision: the decoder decides.

Spans of the question are looked up by the sorted stems of their words, which sees past capitals, accents, plurals and
word order; single rare words find names that contain them; words that no name has are tried with a letter changed.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from pyoxigraph import Literal, NamedNode

from kbqa.decoding.choices import Choice, Kind
from kbqa.models import GraphVersion, Name
from kbqa.sparql.names import WORD, deletions, fold, fold_word, key_of, stem
from kbqa.sparql.profile import Profile
from kbqa.sparql.terms import parse_term

MAX_ENTITIES, MAX_VALUES, MAX_CLASSES = 24, 24, 24
MAX_QUESTION = 2_000
_LONGEST_SPAN = 10
_SAME_NAME = 12
_RARE = 100
"""How many names may share a word for it to find them alone."""
_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "in",
        "is",
        "it",
        "its",
        "many",
        "me",
        "much",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "them",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "list",
        "name",
        "find",
        "show",
        "give",
        "tell",
        "all",
        "each",
        "every",
        "also",
    ]
)
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])
}
_NUMBER_WORDS |= {"once": 1, "single": 1, "twice": 2, "multiple": 1, "several": 1, "thrice": 3}
_QUOTED = re.compile(r"""(?<!\w)["'“‘]([^"'“”‘’]{1,60})["'”’](?!\w)""")
_DIGITS = re.compile(r"(?<![\w.,])[-−]?\d[\d,]*(?:\.\d+)?(?![\w])")


@dataclass(frozen=True)
class Word:
    """A word of a question: folded, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Mentions:
    """What a question may mention."""

    entities: tuple[Choice, ...]
    classes: tuple[Choice, ...]
    values: tuple[Choice, ...]
    numbers: tuple[Choice, ...]


@dataclass(frozen=True)
class _Found:
    """A name that a span found."""

    kind: str
    term: str
    predicate: str
    text: str
    count: int
    span: tuple[int, int]
    words: int
    similarity: float
    exact: bool
    same_case: bool


def find_mentions(question: str, version: GraphVersion, profile: Profile) -> Mentions:
    """Return what `question` may mention of a version of a graph, the best first."""
    words = words_of(question[:MAX_QUESTION])
    found = _by_span(question, words, version)
    covered = {index for each in found if each.exact and each.words > 1 for index in range(len(words)) if _within(words[index], each.span)}
    found += _by_rare_word(words, covered, version)
    best = _best(found)
    return Mentions(
        tuple(_choice(each, len(words)) for each in best if each.kind == Name.Kind.ENTITY)[:MAX_ENTITIES],
        _classes(words, profile),
        tuple(_choice(each, len(words)) for each in best if each.kind == Name.Kind.VALUE)[:MAX_VALUES],
        tuple(_numbers(question, words)),
    )


def words_of(question: str) -> list[Word]:
    """Return a question's words."""
    found = (Word(fold(match.group()).replace(" ", ""), match.start(), _end(match)) for match in WORD.finditer(question))
    return [word for word in found if word.text]


def _end(match: re.Match[str]) -> int:
    """Return where a word ends, its possessive left out."""
    return match.start() + len(match.group()) - (len(match.group()) - len(fold_word(match.group())) if match.group()[-2:] in ("'s", "’s") else 0)


def _within(word: Word, span: tuple[int, int]) -> bool:
    return span[0] <= word.start and word.end <= span[1]


def _by_span(question: str, words: Sequence[Word], version: GraphVersion) -> list[_Found]:
    """Return the names whose words are those of a span; words with typing mistakes stand for what they may have meant."""
    readings = _readings(words, version)
    spans: dict[str, list[tuple[int, int, bool]]] = defaultdict(list)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _LONGEST_SPAN) + 1):
            for texts, mended in _span_readings(readings[start:end]):
                if not (end == start + 1 and texts in _COMMON):
                    spans[key_of(texts)].append((start, end, mended))
    found = []
    for kind, term, predicate, text, count, key in _names(version, list(spans)):
        for start, end, mended in spans[key]:
            span = words[start].start, words[end - 1].end
            written = question[span[0] : span[1]]
            exact = not mended and fold(text) == fold(written)
            similarity = 1.0 if exact else 0.7 if mended else 0.9
            found.append(_Found(kind, term, predicate, text, count, span, end - start, similarity, exact, text == written))
    return found


def _readings(words: Sequence[Word], version: GraphVersion) -> list[list[str]]:
    """Return for each word itself, and if no name has it, the words it may be meant for."""
    known = _known_words(version, [word.text for word in words])
    readings = []
    for word in words:
        others = [] if word.text in known or word.text in _COMMON or len(word.text) < 4 else _similar_words(version, word.text)
        readings.append([word.text, *others])
    return readings


def _span_readings(readings: Sequence[list[str]]) -> list[tuple[str, bool]]:
    """Return the texts of a span: as written, and with its mended words."""
    written = " ".join(reading[0] for reading in readings)
    if all(len(reading) == 1 for reading in readings):
        return [(written, False)]
    most = max(len(reading) for reading in readings)
    mended = [" ".join(reading[min(index, len(reading) - 1)] for reading in readings) for index in range(1, most)]
    return [(written, False), *((text, True) for text in mended)]


def _by_rare_word(words: Sequence[Word], covered: set[int], version: GraphVersion) -> list[_Found]:
    """Return the names that contain a rare word of the question, by how much of their words the question has."""
    stems = {stem(word.text): index for index, word in enumerate(words) if index not in covered and word.text not in _COMMON and len(word.text) > 2}
    counts = _counted(version, [words[index].text for index in stems.values()])
    rare = {key: index for key, index in stems.items() if 0 < counts.get(words[index].text, 0) <= _RARE}
    if not rare:
        return []
    asked = {stem(word.text): index for index, word in enumerate(words)}
    found = []
    for kind, term, predicate, text, count, name_words in _names_with(version, list(rare)):
        shared = sorted(asked[each] for each in set(name_words) if each in asked)
        used = _closest(shared, len(name_words) + 2)
        weight = sum(_weight(words[index].text) for index in used)
        similarity = 0.8 * weight / max(weight, sum(_weight(each) for each in name_words))
        span = words[used[0]].start, words[used[-1]].end
        found.append(_Found(kind, term, predicate, text, count, span, len(used), similarity, False, False))
    return [each for each in found if each.similarity >= 0.25]


def _closest(indices: list[int], width: int) -> list[int]:
    """Return the largest group of indices that lie within `width`."""
    groups = [[other for other in indices if index <= other < index + width] for index in indices]
    return max(groups, key=len)


def _weight(word: str) -> float:
    return 0.2 if word in _COMMON else 1.0


def _best(found: Sequence[_Found]) -> list[_Found]:
    """Return each name once, by its best span, the best names first; of many with the same text the most connected."""
    by_name: dict[tuple[str, str, str], _Found] = {}
    for each in sorted(found, key=_rank):
        by_name.setdefault((each.kind, each.term, each.predicate), each)
    shared: dict[tuple[str, str, tuple[int, int]], int] = defaultdict(int)
    kept = []
    for each in by_name.values():
        place = each.kind, each.text.casefold(), each.span
        shared[place] += 1
        if shared[place] <= _SAME_NAME:
            kept.append(each)
    return kept


def _rank(each: _Found) -> tuple[float, int, int]:
    length = each.span[1] - each.span[0]
    return (-each.similarity * math.log1p(length), -each.same_case, -each.count)


def _choice(each: _Found, words: int) -> Choice:
    kind = Kind.ENTITY if each.kind == Name.Kind.ENTITY else Kind.VALUE
    term = parse_term(each.term)
    key = term if kind == Kind.ENTITY else (NamedNode(each.predicate[1:-1]), term)
    features = (each.similarity, float(each.exact), float(each.same_case), each.words / 4, math.log1p(each.count) / 5, each.words / max(1, words))
    return Choice(kind, key, each.text, each.span, features)


def _classes(words: Sequence[Word], profile: Profile) -> tuple[Choice, ...]:
    """Return the graph's classes: all if they are few, else those that share words with the question, and the largest."""
    stems = {stem(word.text): word for word in words}
    choices = []
    for each in profile.classes:
        parts = [stem(part) for part in fold(each.text).split()]
        shared = [stems[part] for part in parts if part in stems]
        span = (min(word.start for word in shared), max(word.end for word in shared)) if shared else None
        share = len(shared) / max(1, len(parts))
        features = (share, float(share == 1), 0.0, len(shared) / 4, math.log1p(each.count) / 5, 0.0)
        choices.append((-share, -each.count, Choice(Kind.CLASS, each.iri, each.text, span, features)))
    return tuple(choice for _, _, choice in sorted(choices, key=lambda entry: entry[:2])[:MAX_CLASSES])


def _numbers(question: str, words: Sequence[Word]) -> list[Choice]:
    """Return the numbers of a question, written in digits or as words, and what stands in quotation marks."""
    found = {}
    for match in _DIGITS.finditer(question):
        digits = match.group().replace(",", "").replace("−", "-").rstrip(".")
        datatype = "decimal" if "." in digits else "integer"
        found[digits] = Choice(Kind.NUMBER, Literal(digits, datatype=NamedNode(f"http://www.w3.org/2001/XMLSchema#{datatype}")), digits, match.span())
    for word in words:
        if word.text in _NUMBER_WORDS:
            digits = str(_NUMBER_WORDS[word.text])
            literal = Literal(digits, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
            found.setdefault(digits, Choice(Kind.NUMBER, literal, digits, (word.start, word.end)))
    quoted = [Choice(Kind.NUMBER, Literal(match.group(1)), match.group(1), match.span(1)) for match in _QUOTED.finditer(question)]
    return [*list(found.values())[:12], *quoted[:4]]


# --- the tables ----------------------------------------------------------------------------------------------------------


def _names(version: GraphVersion, keys: list[str]) -> list[tuple[str, str, str, str, int, str]]:
    """Return (kind, term, predicate, text, count, key) of the names with one of the keys, the most connected of each first."""
    return _rows(
        "SELECT n.* FROM unnest(%s::text[]) AS wanted(key) CROSS JOIN LATERAL (SELECT kind, term, predicate, text, count, key FROM kbqa_name "
        "WHERE graph_id = %s AND load = %s AND key = wanted.key ORDER BY count DESC, id LIMIT 40) n",
        [keys, version.graph_id, version.load],
    )


def _names_with(version: GraphVersion, stems: list[str]) -> list[tuple[str, str, str, str, int, list[str]]]:
    """Return (kind, term, predicate, text, count, stems) of the names with one of the stems."""
    return _rows(
        "SELECT kind, term, predicate, text, count, words FROM kbqa_name WHERE words && %s::text[] AND graph_id = %s AND load = %s LIMIT 400",
        [stems, version.graph_id, version.load],
    )


def _counted(version: GraphVersion, words: list[str]) -> dict[str, int]:
    rows = _rows(
        "SELECT word, count FROM kbqa_nameword WHERE graph_id = %s AND load = %s AND word = ANY(%s)", [version.graph_id, version.load, words]
    )
    return dict(rows)


def _known_words(version: GraphVersion, words: list[str]) -> set[str]:
    return set(_counted(version, words))


def _similar_words(version: GraphVersion, word: str) -> list[str]:
    """Return up to three words of names that one typing mistake makes of `word`, or two letters swapped, the commonest first."""
    rows = _rows(
        "SELECT word, count FROM kbqa_nameword WHERE graph_id = %s AND load = %s AND deletions && %s::text[] LIMIT 200",
        [version.graph_id, version.load, deletions(word)],
    )
    near = [(-count, other) for other, count in rows if abs(len(other) - len(word)) <= 1]
    return [other for _, other in sorted(near)[:3]]


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[Any] = cursor.fetchall()
        return found
