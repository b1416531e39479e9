"""Documentation → what people type: a query that asks for the same, in the manner of a search box."""

import random
import re

from codesearch.parsing.words import STOP_WORDS, identifier_parts

_LANGUAGE_WORDS = {
    "python": (
        "python",
        "python",
        "python 3",
        "in python",
        "using python",
        "python code to",
        "python function to",
    ),
    "java": ("java", "in java", "using java"),
    "javascript": ("javascript", "js", "in javascript", "node"),
    "go": ("golang", "go", "in golang"),
    "php": ("php", "in php", "using php"),
    "ruby": ("ruby", "in ruby", "rails"),
}
_PLAIN_VERBS = {
    "returns": "return",
    "gets": "get",
    "sets": "set",
    "checks": "check",
    "creates": "create",
    "adds": "add",
    "removes": "remove",
    "is": "is",
    "finds": "find",
    "computes": "compute",
    "calculates": "calculate",
    "converts": "convert",
    "determines": "determine",
    "reads": "read",
    "writes": "write",
    "generates": "generate",
    "parses": "parse",
    "builds": "build",
    "loads": "load",
    "runs": "run",
    "tests": "test",
    "initializes": "initialize",
    "performs": "perform",
    "deletes": "delete",
    "updates": "update",
    "sends": "send",
    "applies": "apply",
    "makes": "make",
    "opens": "open",
    "prints": "print",
    "retrieves": "retrieve",
    "splits": "split",
    "takes": "take",
    "validates": "validate",
    "extracts": "extract",
    "fetches": "fetch",
    "formats": "format",
    "handles": "handle",
    "renders": "render",
    "replaces": "replace",
    "sorts": "sort",
    "starts": "start",
    "stops": "stop",
    "stores": "store",
    "tries": "try",
    "wraps": "wrap",
    "yields": "yield",
    "constructs": "construct",
    "copies": "copy",
    "counts": "count",
    "draws": "draw",
    "registers": "register",
    "resets": "reset",
}
_ASKED_VERBS = {
    "return": ("get", "find", "return", ""),
    "compute": ("calculate", "compute", "get"),
    "retrieve": ("get", "fetch"),
    "construct": ("create", "make"),
    "determine": ("check", "find", "determine"),
    "check": ("check", "test"),
    "remove": ("remove", "delete"),
    "create": ("create", "make"),
    "convert": ("convert", "turn", "change"),
    "print": ("print", "show"),
    "generate": ("generate", "create"),
}
_ARTICLES = frozenset(("a", "an", "the", "this", "that", "these", "given", "specified", "current"))
_CLAUSE_END = re.compile(r"[,;:(]|\b(?:which|that is|if any|so that|in order to)\b")
_WORD = re.compile(r"[^\W_][\w.'+#-]*")
_MAX_LENGTH = 12


def question_like(sentence: str, name: str, language: str, rng: random.Random) -> str:
    """A query in lower case as one would type it who looks for what `sentence` describes.

    The verb in its plain form, articles and later clauses gone, long identifiers split, some words lost, the
    language or "how to" put in front or behind at times. One in eight is made of the function's `name`.
    """
    own_name = re.split(r"\.|::", name)[-1]
    if rng.random() < 0.125:
        parts = identifier_parts(own_name)
        if len(parts) >= 3:
            return _dressed(parts, language, rng)
    if sentence.startswith(f"{own_name} "):  # Go's way of documenting
        sentence = sentence.removeprefix(f"{own_name} ")
    clause = _CLAUSE_END.split(sentence, maxsplit=1)[0]
    words = [
        part
        for word in _WORD.findall(clause if len(clause.split()) >= 3 else sentence)
        for part in _spoken(word)
    ]
    if len(words) > 1 and (
        words[0] in _PLAIN_VERBS or (words[1] in _ARTICLES and re.fullmatch(r"[a-z]{3,}[^su]s", words[0]))
    ):
        words[0] = _PLAIN_VERBS.get(words[0], words[0].removesuffix("s"))
    words = [word for word in words if word not in _ARTICLES or rng.random() < 0.3][:_MAX_LENGTH]
    if words and words[0] in _ASKED_VERBS:
        words[0] = rng.choice(_ASKED_VERBS[words[0]])
    return _dressed(_some_lost([word for word in words if word], rng), language, rng)


def _spoken(word: str) -> list[str]:
    """A word in lower case, an identifier as its words."""
    word = word.rstrip(".'-")
    return identifier_parts(word) if re.search(r"[a-z][A-Z]|_|\w\.\w", word) else [word.lower()]


def _some_lost(words: list[str], rng: random.Random) -> list[str]:
    if len(words) <= 4:
        return words
    return [word for word in words if rng.random() > (0.25 if word in STOP_WORDS else 0.08)]


def _dressed(words: list[str], language: str, rng: random.Random) -> str:
    """Add the language and "how to" as often as people do."""
    text = " ".join(words)
    spoken = rng.choice(_LANGUAGE_WORDS[language])
    if spoken.endswith(" to"):
        return f"{spoken} {text}" if rng.random() < 0.5 else text
    chance = rng.random()
    prefix = "how to " if chance < 0.25 else "how do i " if chance < 0.3 else ""
    chance = rng.random()
    if chance < 0.3:
        return f"{prefix}{text} {spoken}"
    return f"{spoken} {prefix}{text}" if chance < 0.6 else f"{prefix}{text}"
