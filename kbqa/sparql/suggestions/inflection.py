"""English verbs, from singular to plural and back."""

_SAID_OF_ONE = {
    "are": "is",
    "were": "was",
    "have": "has",
    "do": "does",
    "can": "can",
    "cannot": "cannot",
    "did": "did",
    "will": "will",
}
_SAID_OF_SEVERAL = {one: several for several, one in _SAID_OF_ONE.items()}
_PASSIVE = frozenset(
    [
        "born", "located", "based", "situated", "founded", "made", "built", "held", "written", "published",
        "released", "hired", "named",
    ]
)  # fmt: skip

_IN_IE = frozenset(["dies", "lies", "ties", "vies", "belies", "unties"])
"""The third person of verbs that end in -ie."""
_PREPOSITIONS = frozenset(
    ["by", "in", "from", "to", "at", "on", "with", "of", "through", "around", "under", "against"]
)


def reads_as_verb(text: str) -> bool:
    """Whether a predicate's name reads as a verb: with a preposition at its end, or in the third person."""
    match text.split():
        case [word]:
            is_third_person = word.endswith("s") and not word.endswith(("ss", "us", "is"))
            return word in _PREPOSITIONS or is_third_person
        case [*_, last]:
            return last in _PREPOSITIONS
    return False


def of_one(words: str) -> str:
    """A verb phrase in the singular: live in the sea → lives in the sea."""
    first, _, rest = words.partition(" ")
    if first in _SAID_OF_ONE:
        one = _SAID_OF_ONE[first]
    elif first.endswith("y") and first[-2] not in "aeiou":
        one = f"{first[:-1]}ies"
    else:
        one = f"{first}es" if first.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{first}s"
    return f"{one} {rest}".rstrip()


def of_several(verb: str) -> str:
    """A predicate's verb in the plural: reports to → report to, born in → were born in."""
    first, *rest = verb.split()
    if first in _PASSIVE or (rest[:1] == ["by"] and first.endswith(("ed", "en"))):
        return f"were {verb}"
    if first in _SAID_OF_SEVERAL:
        first = _SAID_OF_SEVERAL[first]
    elif first.endswith("ies") and first not in _IN_IE:
        first = f"{first[:-3]}y"
    elif first.endswith(("sses", "ches", "shes", "xes", "zzes", "oes")):
        first = first[:-2]
    elif not first.endswith(("ss", "us", "is")):
        first = first.removesuffix("s")
    return " ".join((first, *rest))
