"""How the properties of a graph are said in a sentence, by the form of their names.

"Director" is a noun: whose director is X, that is the director of X. "Inherits from" is a verb, "directed by"
a participle, "part of" goes with is, and "is legendary" is an adjective.
"""

from dataclasses import dataclass
from enum import StrEnum

from kbqa.plurals import as_plural, as_singular
from kbqa.questions.phrases import with_article

_PREPOSITIONS = frozenset(
    (
        "about", "as", "at", "by", "for", "from", "in", "into", "of", "on", "over", "than", "through", "to",
        "under", "with",
    )
)  # fmt: skip
_VERBS = frozenset(
    (
        "activates", "attacks", "belongs", "binds", "borders", "builds", "calls", "causes",
        "cites", "contains", "covers", "creates", "crosses", "decorates", "defines", "depends", "directs",
        "drives", "eats", "employs", "encodes", "evolves", "expresses", "extends", "flows",
        "follows", "guards", "handles", "hosts", "hunts", "implements", "imports",
        "includes", "inherits", "inhibits", "joins", "kills", "knows", "leads", "likes",
        "links", "lives", "loves", "makes", "manages", "marries", "meets", "mentions", "needs",
        "occurs", "overrides", "owns", "plays", "precedes", "produces", "provides", "publishes", "raises",
        "references", "regulates", "replaces", "reports", "requires", "returns", "sells", "serves",
        "sings", "slays", "speaks", "studies", "supplies", "supports", "teaches", "treats",
        "uses", "visits", "wears", "works", "writes",
    )
)  # fmt: skip
"""Verbs that are no nouns in the plural where they begin, or are, the name of a property."""
_PARTICIPLES = frozenset(
    (
        "born", "built", "drawn", "given", "held", "known", "led", "made", "shown", "sung", "taken", "won",
        "written",
    )
)  # fmt: skip
_BEFORE_REST = ("is", "are", "was", "has", "can")
_AUXILIARIES = {"is": "are", "has": "have", "was": "were", "does": "do"}
_ADD_ES = ("sses", "shes", "ches", "xes", "zzes", "oes")


class Form(StrEnum):
    """The forms of properties' names."""

    NOUN = "noun"
    RELATIONAL = "relational noun"
    VERB = "verb"
    PARTICIPLE = "participle"
    ADJECTIVE = "adjective"
    PAST = "verb in the past"
    MODAL = "verb after can"


@dataclass(frozen=True)
class Saying:
    """A property's name in its form, without the "is" or "has" that it may begin with."""

    text: str
    form: Form

    @property
    def is_noun(self) -> bool:
        """Whether it is what a thing has."""
        return self.form == Form.NOUN

    @property
    def plural(self) -> str:
        """A noun in the plural."""
        return as_plural(self.text)

    def of_subject(self, value: str, *, several: bool) -> str:
        """A clause about what has the property: whose director is X, that inherits from X."""
        if self.is_noun:
            return f"whose {self.text} is {value}"
        return f"that {self._predicated(several=several)} {value}"

    def of_object(self, subject: str, *, several: bool) -> str:
        """A clause about a value of the property: that is the director of X, that X inherits from."""
        if self.is_noun:
            return f"that {'are' if several else 'is'} the {self.text} of {subject}"
        return f"that {subject} {self._predicated(several=False)}"

    def lacking(self, value: str, *, several: bool) -> str:
        """A clause about what does not have the property with a value."""
        if self.is_noun:
            return f"whose {self.text} is not {value}"
        return f"that {self._denied(several=several)} {value}"

    def lacking_any(self, what: str, *, several: bool) -> str:
        """A clause about what does not have the property at all; `what` is what it would lead to."""
        if self.is_noun:
            return f"without {with_article(self.text)}"
        return f"that {self._denied(several=several)} any {what}"

    def not_of(self, subject: str, *, several: bool) -> str:
        """A clause about what is no value of the property of a subject."""
        if self.is_noun:
            return f"that {'are' if several else 'is'} not the {self.text} of {subject}"
        return f"that {subject} {self._denied(several=False)}"

    def stated(self, subject: str, value: str) -> str:
        """The whole sentence: the director of X is Y, X inherits from Y."""
        if self.is_noun:
            return f"the {self.text} of {subject} is {value}"
        return f"{subject} {self._predicated(several=False)} {value}"

    def true_of(self, *, several: bool, holds: bool) -> str:
        """What true or false of the property says: is legendary, cannot fly."""
        if self.form == Form.MODAL:
            return f"{'can' if holds else 'cannot'} {self.text}"
        return f"{'are' if several else 'is'} {'' if holds else 'not '}{self.text}"

    def _predicated(self, *, several: bool) -> str:
        if self.form in (Form.PAST, Form.MODAL):
            return self.text if self.form == Form.PAST else f"can {self.text}"
        if self.form == Form.VERB:
            return in_number(self.text, several=several)
        return f"{'are' if several else 'is'} {self.text}"

    def _denied(self, *, several: bool) -> str:
        if self.form == Form.PAST:
            return f"{'have' if several else 'has'} not {self.text}"
        if self.form == Form.MODAL:
            return f"cannot {self.text}"
        if self.form == Form.VERB:
            return f"{'do' if several else 'does'} not {in_number(self.text, several=True)}"
        return f"{'are' if several else 'is'} not {self.text}"


def saying_of(text: str, *, of_dates: bool = False) -> Saying:
    """How a property of a name is said, one `of_dates` as the date of something.

    >>> [str(saying_of(name).form) for name in ("director", "inherits from", "directed by", "member of")]
    ['noun', 'verb', 'participle', 'relational noun']
    >>> saying_of("has primary type").text, saying_of("is legendary").form.value
    ('primary type', 'adjective')
    >>> saying_of("hired on", of_dates=True).text
    'date hired'
    """
    words = text.split()
    first, last = (words[0].lower(), words[-1].lower()) if words else ("", "")
    is_participle = first.endswith("ed") or first in _PARTICIPLES
    if of_dates and is_participle:
        return Saying(" ".join(["date", *(words[:-1] if last in _PREPOSITIONS else words)]), Form.NOUN)
    if first in _BEFORE_REST and len(words) > 1:
        return _with_auxiliary(first, text.partition(" ")[2], is_property=last not in _PREPOSITIONS)
    if first in _VERBS or (last in _PREPOSITIONS and _is_verb(first)):
        return Saying(text, Form.VERB)
    if last in _PREPOSITIONS:
        return Saying(text, Form.PARTICIPLE if is_participle else Form.RELATIONAL)
    return Saying(text, Form.PAST if is_participle and len(words) == 1 else Form.NOUN)


def _with_auxiliary(first: str, rest: str, *, is_property: bool) -> Saying:
    """What a name says that begins with is, has or can."""
    if first == "can":
        return Saying(rest, Form.MODAL)
    if first == "has":
        return Saying(rest, Form.NOUN) if is_property else Saying(f"has {rest}", Form.VERB)
    named = saying_of(rest)
    return Saying(rest, Form.ADJECTIVE) if named.is_noun or named.form == Form.PAST else named


def in_number(verb: str, *, several: bool) -> str:
    """A verb as it agrees with one or several.

    >>> in_number("inherits from", several=True), in_number("carries", several=True)
    ('inherit from', 'carry')
    """
    first, space, rest = verb.partition(" ")
    if not several:
        return verb
    return f"{_base(first)}{space}{rest}"


def noun(text: str, *, several: bool) -> str:
    """A noun in the number."""
    return as_plural(text) if several else as_singular(text)


def _is_verb(word: str) -> bool:
    return word.lower().endswith("s") and not word.lower().endswith(("ss", "us", "is"))


def _base(verb: str) -> str:
    if verb in _AUXILIARIES:
        return _AUXILIARIES[verb]
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    if verb.endswith(_ADD_ES):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
