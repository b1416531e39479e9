"""The plural and the singular of English nouns, for what is said with the names of things."""

_IRREGULAR = {
    "child": "children",
    "datum": "data",
    "foot": "feet",
    "goose": "geese",
    # As it is said of them, whatever a graph calls the class.
    "human": "people",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "tooth": "teeth",
    "woman": "women",
    # Of those in -f and -fe, these alone change it: roofs, chiefs and safes keep theirs.
    "calf": "calves",
    "elf": "elves",
    "half": "halves",
    "knife": "knives",
    "leaf": "leaves",
    "life": "lives",
    "loaf": "loaves",
    "scarf": "scarves",
    "shelf": "shelves",
    "thief": "thieves",
    "werewolf": "werewolves",
    "wife": "wives",
    "wolf": "wolves",
    # And of those in -o and -z, these are not as the others.
    "echo": "echoes",
    "hero": "heroes",
    "potato": "potatoes",
    "quiz": "quizzes",
    "superhero": "superheroes",
    "tomato": "tomatoes",
}
_BOTH = frozenset(
    ["aircraft", "data", "deer", "fish", "metadata", "news", "pokemon", "series", "sheep", "species"]
)
"""Nouns that are one and several."""
_SEVERAL = frozenset(_IRREGULAR.values()) | _BOTH
_SINGULAR_ENDINGS = ("ss", "us", "is")
"""How words end that are singular for all their s: class, status, analysis."""
_SINGULAR = {several: one for one, several in _IRREGULAR.items() if one != "human"}
_SINGULAR_IN_IE = frozenset(["cookies", "movies", "pies", "ties", "zombies"])
_ADD_ES = ("sses", "ches", "shes", "xes", "zzes", "tuses", "buses", "ruses", "sases")
"""Endings of plurals to which "es", not just "s", was added."""
_SINGULAR_IN_AS = frozenset(["alias", "atlas", "bias", "canvas", "gas", "lens"])


def plural_of(noun: str) -> str:
    """The plural of a noun in the singular; of several words, the last one is put into it.

    >>> plural_of("dependency"), plural_of("order status"), plural_of("person")
    ('dependencies', 'order statuses', 'people')
    """
    before, space, last = noun.rpartition(" ")
    return f"{before}{space}{_plural_of_word(last)}"


def as_plural(noun: str) -> str:
    """The plural of a noun that may be in the plural already.

    >>> as_plural("films"), as_plural("film"), as_plural("address")
    ('films', 'films', 'addresses')
    """
    return noun if is_plural(noun) else plural_of(noun)


def as_singular(noun: str) -> str:
    """The singular of a noun that may be in the singular already; of several words, of the last one.

    >>> [as_singular(noun) for noun in ("order statuses", "cities", "children", "courses", "class")]
    ['order status', 'city', 'child', 'course', 'class']
    """
    before, space, last = noun.rpartition(" ")
    return f"{before}{space}{_singular_of_word(last)}" if is_plural(noun) else noun


def is_plural(noun: str) -> bool:
    """Whether a noun, by its last word, is in the plural."""
    last = noun.rpartition(" ")[2].lower()
    if last in _SEVERAL:
        return True
    return last.endswith("s") and not last.endswith(_SINGULAR_ENDINGS) and last not in _SINGULAR_IN_AS


def _plural_of_word(word: str) -> str:
    lower = word.lower()
    if not word or lower in _BOTH:
        return word
    if lower in _IRREGULAR:
        several = _IRREGULAR[lower]
        return several.capitalize() if word[:1].isupper() else several
    if lower.endswith("sis"):
        return f"{word[:-2]}es"
    if lower.endswith(("s", "ch", "sh", "x")):
        return f"{word}es"
    if lower.endswith("y") and len(word) > 1 and lower[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def _singular_of_word(word: str) -> str:
    lower = word.lower()
    if lower in _BOTH:
        return word
    if lower in _SINGULAR:
        return _SINGULAR[lower]
    if lower.endswith("ies") and lower not in _SINGULAR_IN_IE:
        return f"{word[:-3]}y"
    return word[:-2] if lower.endswith(_ADD_ES) else word[:-1]
