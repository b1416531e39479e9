"""A unit of code → a (documentation, code) pair, by CodeSearchNet's rules (Husain et al. 2019, section 2)."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from codesearch.parsing import CodeUnit

_MIN_WORDS, _MIN_LINES = 3, 3
# Constructors and what every class has: their documentation says nothing about what they do.
_STANDARD_METHODS = frozenset(
    """constructor initialize init tostring hashcode equals clone finalize compareto to_s to_str inspect hash
    string error len less swap setup teardown main""".split()  # noqa: SIM905
)
_PARAGRAPH_END = re.compile(
    r"\n\s*\n|\n\s*(?:@\w|:\w+|\\\w+\b"
    r"|Args?:|Arguments:|Parameters?\b|Returns?:|Raises:|Examples?:|>>>|```|---|===)"
)
_MARKUP = (
    (re.compile(r"\{@\w+\s+([^}]*)\}"), r"\1"),  # {@code x}, {@link X}
    (re.compile(r"<[^<>]{1,80}>"), " "),
    (re.compile(r":\w+(?::\w+)*:`~?([^`]*)`"), r"\1"),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"[`*]+"), ""),
    (re.compile(r"https?://\S+"), " "),
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
_NOT_DOCUMENTATION = re.compile(
    r"^\W*(?:todo|fixme|xxx|copyright|license"
    r"|eslint|jshint|istanbul|@\w+|noqa|type:|nolint|rubocop|inheritdoc)",
    re.IGNORECASE,
)
_MAX_SENTENCE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Pair:
    """A documented function: the first sentence of its documentation, and its source as it stands."""

    query: str
    code: str
    language: str
    package: str
    path: str
    name: str
    documentation: str

    def as_dict(self) -> dict[str, Any]:
        """The fields for a line of JSON."""
        return asdict(self)


def pair_of(unit: CodeUnit, language: str, package: str, path: str) -> Pair | None:
    """The unit's pair, or None if CodeSearchNet's rules leave it out."""
    if unit.kind not in ("function", "method") or unit.tree is None or _is_unwanted(unit):
        return None
    query = first_sentence(unit.documentation)
    if (
        len(re.findall(r"[^\W\d_]{2,}", query)) < _MIN_WORDS
        or not _is_english(query)
        or _NOT_DOCUMENTATION.match(query)
    ):
        return None
    return Pair(query, unit.code, language, package, path, unit.qualified_name, unit.documentation)


def first_sentence(documentation: str) -> str:
    """The first sentence of the first paragraph, on one line, markup removed."""
    paragraph = _PARAGRAPH_END.split("\n" + documentation.strip(), maxsplit=1)[0]
    text = paragraph
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    sentence = _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]
    return sentence[:_MAX_SENTENCE_CHARACTERS].strip(" -#")


def _is_unwanted(unit: CodeUnit) -> bool:
    name = unit.name.lower()
    if "test" in name or name in _STANDARD_METHODS or name.startswith("__"):
        return True
    # A constructor of Java, C# or C++ bears the name of its class.
    scope = re.split(r"\.|::", unit.qualified_name)[-2:-1]
    return (
        bool(scope and scope[0] == unit.name)
        or len([line for line in unit.code.splitlines() if line.strip()]) < _MIN_LINES
    )


def _is_english(text: str) -> bool:
    return sum(character.isascii() for character in text) >= 0.95 * len(text)
