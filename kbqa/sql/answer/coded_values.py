"""Values that a question means without saying them: flags, codes, and names of places and sexes."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kbqa.linking.mentions import MentionFeatures, NameIndex
from kbqa.linking.synonyms import MAX_PLACE_WORDS, SEXES, is_code, other_names, same_sex
from kbqa.linking.words import COMMON, Word, fold, key_of, stem
from kbqa.sql.grammar.actions import ValuePointer
from kbqa.sql.names import MAX_DESCRIPTION_LENGTH, CellNames, column_key
from kbqa.sql.schema import FLAG_WORDS, Column, ColumnRef, ColumnType, Schema, readable

_YES, _NO = frozenset(("1", "y", "yes", "t", "true")), frozenset(("0", "n", "no", "f", "false"))
_TRUTHS = ("false", "true")
NEGATIONS = frozenset(
    (
        "not",
        "never",
        "no",
        "non",
        "without",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "hasnt",
        "havent",
        "dont",
        "didnt",
    )
)
_NEGATIVE_PREFIXES = ("in", "un", "non", "im", "dis")
_ASKED = frozenset(("whether", "if"))
_NEAR, _FAR = 2, 4
"""How many words before a flag may say that it is not set, and that it is asked whether it is."""
_PLACE_WORDS = frozenset(
    (
        "country", "countries", "nation", "nationality", "state", "province", "region", "territory",
        "location", "origin", "market", "destination", "residence", "birthplace", "place",
    )
)  # fmt: skip
"""Words of the names of columns whose codes may be those of places."""
_SEX_WORDS = frozenset(("gender", "sex"))
_SIGN = r"\s*(?:=|:|→|->|–|—|\s-\s|\bmeans\b|\bstands for\b|\bis\b)\s*"
_CODE = r"(?<!\w)['\"“]?(?P<code>[A-Z0-9]{1,4}|[a-z0-9]{1,2})['\"”]?"
_CODE_FIRST = re.compile(rf"{_CODE}{_SIGN}['\"“]?(?P<words>[A-Za-z][\w '/-]*)")
_WORDS_FIRST = re.compile(r"(?P<words>[A-Za-z][A-Za-z -]*?) ?\(['\"“]?(?P<code>[A-Z0-9]{1,4})['\"”]?\)")


@dataclass(frozen=True)
class _Question:
    """A question as words, with the columns that may be meant and the values that are known of them."""

    text: str
    words: Sequence[Word]
    stems: Sequence[str]
    schema: Schema
    cells: CellNames

    def codes(self, ref: ColumnRef, column: Column) -> tuple[str, ...]:
        known = (self.cells.codes or {}).get(ref, ())
        return known or (_TRUTHS if column.type == ColumnType.BOOLEAN else ())

    def found(self, phrase: str) -> tuple[int, int] | None:
        """The words of the question that are those of a phrase, in its order: the first, and until where."""
        stems = [stem(part) for part in fold(phrase).split() if part not in COMMON]
        if not stems or stems[0] not in self.stems:
            return None
        for start in range(len(self.stems) - len(stems) + 1):
            if self.stems[start : start + len(stems)] == stems:
                return start, start + len(stems)
        return None

    def pointer(self, ref: ColumnRef, value: str, start: int, end: int, count: int = 1) -> ValuePointer:
        """A value that some words mean as surely as if they said it."""
        number = end - start
        features = MentionFeatures(1.0, 1.0, 0.0, number / 4, math.log1p(count) / 5, number / len(self.words))
        span = self.words[start].start, self.words[end - 1].end
        return ValuePointer((ref, value), value, span, features, (readable(ref.column),))


def meant_values(
    text: str, words: Sequence[Word], schema: Schema, cells: CellNames
) -> Iterator[ValuePointer]:
    """Values that words of a question mean: flags by adjectives, codes by their descriptions, other names."""
    question = _Question(text, words, [stem(word.text) for word in words], schema, cells)
    for table in schema.tables:
        for column in table.columns:
            if column.excluded:
                continue
            ref = ColumnRef(table.name, column.name)
            codes = question.codes(ref, column)
            if codes:
                yield from _flags(question, ref, codes)
                yield from _sexes(question, ref, codes)
            if column.description:
                yield from _described(question, ref, column, codes)
    if cells.names is not None:
        yield from _places(question, cells.names)


def _flags(question: _Question, ref: ColumnRef, codes: Sequence[str]) -> Iterator[ValuePointer]:
    """A flag that the question has the name of, set or, after a negation, not set."""
    yes = [code for code in codes if code.casefold() in _YES]
    no = [code for code in codes if code.casefold() in _NO]
    if len(codes) != 2 or len(yes) != 1 or len(no) != 1:
        return
    name = " ".join(word for word in readable(ref.column).split() if word not in FLAG_WORDS)
    if (found := question.found(name)) is not None:
        before = range(found[0])
        negations = [index for index in before[-_NEAR:] if question.words[index].text in NEGATIONS]
        if any(question.words[index].text in _ASKED for index in before[-_FAR:]):
            return
        if negations:
            yield question.pointer(ref, no[0], negations[0], found[1])
        else:
            yield question.pointer(ref, yes[0], *found)
        return
    for prefix in _NEGATIVE_PREFIXES:
        if name and (found := question.found(prefix + name)) is not None:
            yield question.pointer(ref, no[0], *found)
            return


def _sexes(question: _Question, ref: ColumnRef, codes: Sequence[str]) -> Iterator[ValuePointer]:
    """The sex that a word names, in a column of sexes."""
    is_named = bool(_SEX_WORDS & set(readable(ref.column).split()))
    folded = {code.casefold(): code for code in codes}
    if not (is_named or {"f", "m"} <= set(folded) <= {"f", "m", "x", "o", "d", "u"} or set(folded) <= SEXES):
        return
    for index, word in enumerate(question.words):
        for value in sorted(same_sex(word.text) & set(folded)):
            yield question.pointer(ref, folded[value], index, index + 1)


def _described(
    question: _Question, ref: ColumnRef, column: Column, codes: Sequence[str]
) -> Iterator[ValuePointer]:
    """Codes by the words that a column's description has for them: C = cancelled."""
    known = {code.casefold(): code for code in codes}
    for form in (_CODE_FIRST, _WORDS_FIRST):
        for match in form.finditer(column.description[:MAX_DESCRIPTION_LENGTH]):
            code = known.get(match["code"].casefold(), None if known else match["code"])
            found = question.found(match["words"])
            if code is not None and found is not None:
                yield question.pointer(ref, code, *found)


def _places(question: _Question, names: NameIndex) -> Iterator[ValuePointer]:
    """Cells that name the places of the question otherwise, or hold their codes."""
    said: dict[str, list[tuple[int, int]]] = {}
    for start in range(len(question.words)):
        for end in range(start + 1, min(len(question.words), start + MAX_PLACE_WORDS) + 1):
            text = " ".join(word.text for word in question.words[start:end])
            written = question.text[question.words[start].start : question.words[end - 1].end]
            if not is_code(text) or written.isupper():
                for other in other_names(text):
                    said.setdefault(other, []).append((start, end))
    spans: Mapping[str, list[tuple[int, int]]] = {key_of(text): places for text, places in said.items()}
    columns = {column_key(ref): ref for ref in question.schema.refs()}
    for match in names.with_keys(list(spans)) if spans else ():
        ref = columns.get(match.predicate)
        if ref is None or fold(match.text) not in said:
            continue
        if not is_code(match.text) or _PLACE_WORDS & set(readable(ref.column).split()):
            for start, end in said[fold(match.text)]:
                yield question.pointer(ref, match.text, start, end, match.frequency)
