"""Delexicalised questions: templates with slots where they named things of their own data.

What fills the slots follows from how other data is shaped; the words around them a person chose.
GraPPa (Yu et al. 2021, section 2.2) augments data so with a grammar that was taken from Spider by hand.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kbqa.linking.words import Word, fold, stem, words_of
from kbqa.plurals import as_plural, is_plural, plural_of

_COMMON_SHARE = 0.08
"""In questions on what share of all data sets a word must be asked to belong to no domain."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Slot(Generic[Thing]):
    """Where a question names something: characters from `start` to `end`."""

    start: int
    end: int
    thing: Thing
    short: bool = False
    """Whether the name leaves its owner's words out: "name" for a lake's "lake name"."""
    plural: bool = False


@dataclass(frozen=True)
class Name(Generic[Thing]):
    """What something may be called: its words, folded (lower case, no accents)."""

    text: str
    thing: Thing
    short: bool = False


@dataclass(frozen=True)
class Template(Generic[Thing]):
    """A question and its slots, in their order."""

    question: str
    slots: tuple[Slot[Thing], ...]

    @property
    def marks(self) -> str:
        """The question with marks for its slots: equal for questions that differ in names only."""
        return "".join(
            part if isinstance(part, str) else f"<{type(part.thing).__name__}>" for part in self.parts()
        )

    def parts(self) -> Iterator[str | Slot[Thing]]:
        """The question's texts and slots in turns."""
        end = 0
        for slot in self.slots:
            yield self.question[end : slot.start]
            yield slot
            end = slot.end
        yield self.question[end:]

    def filled(self, say: Callable[[Slot[Thing]], str]) -> str:
        """The question with other names in its slots; `say` gives them, and articles fit what follows."""
        filled = "".join(part if isinstance(part, str) else say(part) for part in self.parts())
        return re.sub(r"\b([Aa]) (?=[aeioAEIO])", r"\1n ", filled)


def common_words(questions: Sequence[Iterable[str]]) -> set[str]:
    """The words that belong to no domain; `questions` are those on each data set."""
    used: dict[str, int] = defaultdict(int)
    for texts in questions:
        for word in {word.text for text in texts for word in words_of(text)}:
            used[word] += 1
    return {word for word, number in used.items() if number >= max(2, _COMMON_SHARE * len(questions))}


def template_of(
    question: str,
    names: Iterable[Name[Thing]],
    values: Mapping[str, Thing],
    common: set[str],
    rivals: Callable[[Thing, Thing], bool],
) -> Template[Thing] | None:
    """A question as a template, if all that it says of its domain are `names` and `values`.

    None where it says more, where a value is not in it, or where a name may mean two `rivals`.
    """
    words, taken = words_of(question), list[Slot[Thing]]()
    for text, thing in values.items():
        spans = [
            match.span() for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", question, re.IGNORECASE)
        ]
        if not spans:
            return None
        taken += [Slot(*span, thing) for span in spans]
    mentions = [slot for name in names for slot in _mentions(name, words)]
    mentions.sort(key=lambda slot: (slot.start - slot.end, slot.short))
    for slot in mentions:
        over = [other for other in taken if other.start < slot.end and slot.start < other.end]
        if any(
            (other.start, other.end) == (slot.start, slot.end) and rivals(other.thing, slot.thing)
            for other in over
        ):
            return None
        if not over:
            taken.append(slot)
    outside = [word.text for word in words if not any(slot.start <= word.start < slot.end for slot in taken)]
    if not taken or any(word not in common and not word.isdecimal() for word in outside):
        return None
    return Template(question, tuple(sorted(taken, key=lambda slot: slot.start)))


def _mentions(name: Name[Thing], words: Sequence[Word]) -> Iterator[Slot[Thing]]:
    """The slots where a question has the words of a name, in their order."""
    wanted = [stem(part) for part in name.text.split()]
    for index in range(len(words) - len(wanted) + 1 if wanted else 0):
        window = words[index : index + len(wanted)]
        if [stem(word.text) for word in window] == wanted:
            yield Slot(window[0].start, window[-1].end, name.thing, name.short, is_plural(window[-1].text))


def short_name(text: str, owner: str) -> str:
    """A name without the words of its owner, folded; empty where that leaves all or nothing.

    >>> short_name("lake name", "lakes"), short_name("depth", "lake")
    ('name', '')
    """
    words, owned = fold(text).split(), {stem(word) for word in fold(owner).split()}
    rest = [word for word in words if stem(word) not in owned]
    return " ".join(rest) if len(rest) < len(words) else ""


def numbered(text: str, *, plural: bool) -> str:
    """A name as it means one, or many.

    >>> numbered("city", plural=True), numbered("lakes", plural=False), numbered("churches", plural=False)
    ('cities', 'lake', 'church')
    """
    if plural:
        return as_plural(text)
    if is_plural(text) and text.endswith("s") and plural_of(text) != text:
        if text.endswith("ies"):
            return f"{text[:-3]}y"
        return text[:-2] if text.endswith(("ches", "shes", "xes", "sses")) else text[:-1]
    return text
