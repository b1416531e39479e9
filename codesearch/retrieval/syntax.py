"""The signs of the query language: filters, quotes, regular expressions, `OR`, brackets and `-`.

`OR` stands between two things and binds them closer than what is written side by side: `TODO OR FIXME
repo:shop` is one of the two words in that repository. Brackets are signs only where there is an `OR` or a
negated bracket: `print(x)` is text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from codesearch.retrieval.conditions import AllOf, AnyOf, Condition, Filter, Literal
from codesearch.retrieval.fields import (
    QueryError,
    about_unknown,
    field_of,
    filters_of,
    is_yes,
    known_value,
    literal_of,
)

_QUOTED = r'"(?:\\"|[^"])+"'
_EXPRESSION = r"/(?![\s*/])(?:\\.|[^/\\])+/"
_ENDS_WITH_BRACKETS = r"(?=[\s)]|$)"
_TOKEN = r"""
    (?P<not>-)?(?:
        (?P<field>[a-z]+):(?!:|//)
            (?:(?P<field_quoted>"(?:\\"|[^"])*")|(?P<field_expression>{expression})|(?P<value>[^\s"]\S*)){end}
      | (?P<expression>{expression}){end}
      | (?P<quoted>{quoted}){end}
    )
  | (?P<text>\S+)
"""
_PLAIN, _BRACKETED = (
    re.compile(
        _TOKEN.format(quoted=_QUOTED, expression=_EXPRESSION, end=end), re.IGNORECASE | re.VERBOSE | re.DOTALL
    )
    for end in (r"(?=\s|$)", _ENDS_WITH_BRACKETS)
)
_HAS_BRACKETS = re.compile(r"\S\s+OR\s+\S|(?:^|\s)(?:-|NOT\s+)\(")
_BRACKET = re.compile(r"-?\(|\)")
_BLANKS = re.compile(r"\s+")
# Signs that no sentence has: where one stands by itself, it is looked for as it stands.
_OPERATORS = frozenset(
    """=== !== == != <= >= << >> <<= >>= >>> <=> ?? ?. ??= && || ** := += -= *= /= %= ^= |= &= ++ =~ !~ |> <>
    ->* ?: !! @@ ## ~= .. ..=""".split()  # noqa: SIM905
)
_DEEPEST = 50


@dataclass(frozen=True)
class _Word:
    """A word of free text."""

    text: str


@dataclass(frozen=True)
class _Sign:
    """`OR`, `NOT`, or a bracket."""

    name: str


_Token = _Word | _Sign | Filter | Literal | AnyOf


@dataclass(frozen=True)
class _Group:
    """What stands in brackets, or on either side of an `OR`."""

    parts: tuple["_Node", ...]
    alternatives: bool
    negated: bool = False


_Node = _Word | Filter | Literal | AnyOf | AllOf | _Group


@dataclass
class Parsed:
    """The parts of a query. Words are free text, in order."""

    words: list[str] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    literals: list[Literal] = field(default_factory=list)
    groups: list[AnyOf | AllOf] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def parsed(raw: str) -> Parsed:
    """Take a query of one line apart. Raises QueryError."""
    found = Parsed()
    bracketed = bool(_HAS_BRACKETS.search(raw))
    tokens, cased = _tokens(raw, found, bracketed=bracketed)
    # Without brackets there are no signs, and the reader gives the tokens as they are.
    for node in _Reader(tokens, found.notices).sequence():
        _add(node, found)
    _take_operators(found)
    if cased:
        found.filters = [replace(part, cased=True) for part in found.filters]
        found.literals = [replace(part, cased=True) for part in found.literals]
        found.groups = [_cased(group) for group in found.groups]
    return found


def filters_of_line(line: str) -> list[Filter]:
    """The filters of a line that has nothing else, none if it has anything else or they make no sense."""
    try:
        found = parsed(line) if ":" in line else Parsed()
    except QueryError:
        return []
    is_more = found.words or found.literals or found.groups or found.notices
    return [] if is_more else found.filters


def _tokens(raw: str, found: Parsed, *, bracketed: bool) -> tuple[list[_Token], bool]:
    """The tokens, and whether capitals count."""
    tokens: list[_Token] = []
    cased, position, depth = False, 0, 0
    while position < len(raw):
        blanks = _BLANKS.match(raw, position)
        if blanks:
            position = blanks.end()
            continue
        sign = _BRACKET.match(raw, position) if bracketed else None
        if sign and (sign[0] != ")" or depth):
            tokens += [_Sign("NOT")] if sign[0][0] == "-" else []
            tokens.append(_Sign(sign[0][-1]))
            depth += 1 if sign[0][-1] == "(" else -1
            position = sign.end()
            continue
        match = (_BRACKETED if bracketed else _PLAIN).match(raw, position)
        assert match is not None
        end = match.end()
        if bracketed and depth and (match["text"] or match["value"]):
            end -= _closing(match["text"] or match["value"], depth)
        case = _case(match)
        if case is None:
            tokens += _of_match(match, raw[position:end], found, bracketed=bracketed)
        else:
            cased = case
        position = end
    return tokens, cased


def _closing(word: str, depth: int) -> int:
    """How many brackets at a word's end close brackets that were opened before the word."""
    trailing = len(word) - len(word.rstrip(")"))
    return min(depth, trailing, max(0, word.count(")") - word.count("(")))


def _case(match: "re.Match[str]") -> bool | None:
    if (match["field"] or "").lower() != "case" or match["not"] or match["value"] is None:
        return None
    return is_yes(match["value"])


def _of_match(match: "re.Match[str]", written: str, found: Parsed, *, bracketed: bool) -> list[_Token]:
    """The tokens of a match: one, or the filters that a list of values stands for."""
    negated = bool(match["not"])
    if match["quoted"]:
        return [literal_of(_unquoted(match["quoted"]), negated=negated)]
    if match["expression"]:
        return [literal_of(match["expression"][1:-1], negated=negated, regular=True)]
    if match["field"]:
        tokens = _of_field(match, written, negated=negated)
        if tokens is not None:
            if bracketed and len(tokens) > 1:
                return [AnyOf(tuple(replace(token, negated=False) for token in tokens), negated=negated)]
            return list(tokens)
    if bracketed and written in ("OR", "NOT", "AND"):
        return [] if written == "AND" else [_Sign(written)]
    notice = about_unknown(written)
    found.notices += [notice] if notice else []
    return [_Word(written)]


def _of_field(match: "re.Match[str]", written: str, *, negated: bool) -> list[Filter] | list[Literal] | None:
    """The filters or texts of a word with a colon, None if it is text."""
    written_name = match["field"].lower()
    name = field_of(written_name)
    if match["field_quoted"] is not None:
        value, regular = _unquoted(match["field_quoted"]), False
    elif match["field_expression"] is not None:
        value, regular = match["field_expression"][1:-1], True
    else:
        value, regular = written[written.index(":") + 1 :], False
    if name is None or name == "case" or not known_value(written_name, value):
        return None
    if name in ("content", "re"):
        return [literal_of(value, negated=negated, regular=regular or name == "re")]
    return filters_of(written_name, value, negated=negated, regular=regular)


def _unquoted(quoted: str) -> str:
    return quoted[1:-1].replace('\\"', '"')


class _Reader:
    """Puts tokens together: `NOT` with what follows it, what `OR` stands between, what is in brackets."""

    def __init__(self, tokens: list[_Token], notices: list[str]) -> None:
        self._tokens, self._at, self._notices = tokens, 0, notices

    def sequence(self, depth: int = 0) -> list[_Node]:
        """The nodes up to the end, or to the bracket that closes them."""
        if depth > _DEEPEST:
            raise QueryError(f"Brackets stand more than {_DEEPEST} deep.")
        nodes: list[_Node] = []
        while self._at < len(self._tokens) and self._tokens[self._at] != _Sign(")"):
            node = self._one(depth)
            alternatives = [node]
            while self._is_or():
                self._at += 1
                alternatives.append(self._one(depth))
            nodes.append(_Group(tuple(alternatives), alternatives=True) if len(alternatives) > 1 else node)
        return nodes

    def _is_or(self) -> bool:
        """Whether an `OR` with something after it is next."""
        following = self._tokens[self._at + 1 : self._at + 2]
        return (
            self._tokens[self._at : self._at + 1] == [_Sign("OR")]
            and bool(following)
            and following[0] not in (_Sign(")"), _Sign("OR"))
        )

    def _one(self, depth: int) -> _Node:
        token = self._tokens[self._at]
        self._at += 1
        if token == _Sign("NOT") and self._at < len(self._tokens) and self._tokens[self._at] != _Sign(")"):
            return self._negated(self._one(depth))
        if token == _Sign("("):
            parts = tuple(self.sequence(depth + 1))
            if self._at == len(self._tokens):
                self._notices.append("A bracket is not closed: it was taken to end with the query.")
            self._at += 1
            return parts[0] if len(parts) == 1 else _Group(parts, alternatives=False)
        return _Word(token.name) if isinstance(token, _Sign) else token

    def _negated(self, node: _Node) -> _Node:
        if isinstance(node, _Word):
            return literal_of(node.text, negated=True)
        return replace(node, negated=not node.negated)


def _add(node: _Node, found: Parsed) -> None:
    """Sort a node at the top of a query in: what stands in brackets alone stands as if without them."""
    if isinstance(node, _Word):
        found.words.append(node.text)
    elif isinstance(node, Filter):
        found.filters.append(node)
    elif isinstance(node, Literal):
        found.literals.append(node)
    elif isinstance(node, AnyOf | AllOf):
        found.groups.append(node)
    elif not node.alternatives and not node.negated:
        for part in node.parts:
            _add(part, found)
    else:
        condition = _condition(node)
        assert isinstance(condition, AnyOf | AllOf)
        found.groups.append(condition)


def _condition(node: _Node) -> Condition:
    """The condition of a node: words are texts there, since of alternatives each has to hold or not."""
    if isinstance(node, _Word):
        return literal_of(node.text)
    if not isinstance(node, _Group):
        return node
    kind: Callable[..., AnyOf | AllOf] = partial(AnyOf if node.alternatives else AllOf, negated=node.negated)
    return kind(tuple(_condition(part) for part in node.parts))


def _take_operators(found: Parsed) -> None:
    """Take signs of programming languages out of the words: they are looked for as they stand."""
    are_signs = [re.search(r"\w", word) is None for word in found.words]
    alone = all(are_signs)
    for word, is_sign in zip(list(found.words), are_signs, strict=True):
        if is_sign and len(word) > 1 and (alone or word in _OPERATORS):
            found.words.remove(word)
            found.literals.append(literal_of(word))


def _cased(condition: AnyOf | AllOf) -> AnyOf | AllOf:
    parts = [
        _cased(part) if isinstance(part, AnyOf | AllOf) else replace(part, cased=True)
        for part in condition.parts
    ]
    return replace(condition, parts=tuple(parts))
