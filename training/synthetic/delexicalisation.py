"""Questions with holes where they named things of their own data, so that they can be asked of other data.

What is put into the holes follows from how that data is shaped; the words around them a person chose. (GraPPa, Yu et al. 2021, section
2.2, does this with a grammar that was taken from Spider by hand.)
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kbqa.linking.words import Word, fold, stem, words_of

_COMMON_SHARE = 0.08
"""In questions on what share of all data sets a word must be asked to belong to no domain."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Hole(Generic[Thing]):
    """Where a question names something.

    `short` names leave their owner's words out; `plural` ones end as many do.
    """

    start: int
    end: int
    thing: Thing
    short: bool = False
    plural: bool = False


@dataclass(frozen=True)
class Name(Generic[Thing]):
    """What something may be called: its words, folded."""

    text: str
    thing: Thing
    short: bool = False


@dataclass(frozen=True)
class Wording(Generic[Thing]):
    """A question and its holes, in their order."""

    question: str
    holes: tuple[Hole[Thing], ...]

    @property
    def marks(self) -> str:
        """Return the question with its holes as marks: equal for wordings that differ in names only."""
        return "".join(
            part if isinstance(part, str) else f"<{type(part.thing).__name__}>" for part in self.parts()
        )

    def parts(self) -> Iterator[str | Hole[Thing]]:
        """Yield the question piece by piece."""
        place = 0
        for hole in self.holes:
            yield self.question[place : hole.start]
            yield hole
            place = hole.end
        yield self.question[place:]

    def filled(self, say: Callable[[Hole[Thing]], str]) -> str:
        """Return the question with other names in its holes, numbered as those before them."""
        said = [part if isinstance(part, str) else say(part) for part in self.parts()]
        return re.sub(r"\b([Aa]) (?=[aeioAEIO])", r"\1n ", "".join(said))


def common_words(questions: Sequence[Iterable[str]]) -> set[str]:
    """Return the words that are used of any domain; `questions` are those on each data set."""
    used: dict[str, int] = defaultdict(int)
    for texts in questions:
        for word in {word.text for text in texts for word in words_of(text)}:
            used[word] += 1
    return {word for word, number in used.items() if number >= max(2, _COMMON_SHARE * len(questions))}


def wording_of(
    question: str,
    names: Iterable[Name[Thing]],
    values: Mapping[str, Thing],
    common: set[str],
    rivals: Callable[[Thing, Thing], bool],
) -> Wording[Thing] | None:
    """Return a question with holes, if all that it says of its domain are `names` and `values`, and every
    value is in it.

    None also where a name may mean two things that are `rivals`.
    """
    words, taken = words_of(question), list[Hole[Thing]]()
    for text, thing in values.items():
        found = [
            match.span() for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", question, re.IGNORECASE)
        ]
        if not found:
            return None
        taken += [Hole(*span, thing) for span in found]
    mentions = [hole for name in names for hole in _mentions(name, words)]
    mentions.sort(key=lambda hole: (hole.start - hole.end, hole.short))
    for hole in mentions:
        over = [each for each in taken if each.start < hole.end and hole.start < each.end]
        if any(
            (each.start, each.end) == (hole.start, hole.end) and rivals(each.thing, hole.thing)
            for each in over
        ):
            return None
        if not over:
            taken.append(hole)
    outside = [word.text for word in words if not any(hole.start <= word.start < hole.end for hole in taken)]
    if not taken or any(word not in common and not word.isdecimal() for word in outside):
        return None
    return Wording(question, tuple(sorted(taken, key=lambda hole: hole.start)))


def _mentions(name: Name[Thing], words: Sequence[Word]) -> Iterator[Hole[Thing]]:
    """Yield where a question has the words of a name, in their order."""
    wanted = [stem(part) for part in name.text.split()]
    for place in range(len(words) - len(wanted) + 1 if wanted else 0):
        window = words[place : place + len(wanted)]
        if [stem(word.text) for word in window] == wanted:
            yield Hole(window[0].start, window[-1].end, name.thing, name.short, is_plural(window[-1].text))


def short_name(text: str, owner: str) -> str:
    """Return a name without the words of its owner, folded; empty where that leaves all or nothing."""
    words, owned = fold(text).split(), {stem(word) for word in fold(owner).split()}
    rest = [word for word in words if stem(word) not in owned]
    return " ".join(rest) if len(rest) < len(words) else ""


def is_plural(word: str) -> bool:
    """Tell whether a word looks as if it meant many."""
    return len(word) > 3 and word.endswith("s") and not word.endswith("ss")


def numbered(text: str, *, plural: bool) -> str:
    """Return a name that means one, or many."""
    if plural and not text.endswith(("s", "people", "children", "men")):
        ending = "es" if text.endswith(("ch", "sh", "x")) else "s"
        return f"{text[:-1]}ies" if text.endswith("y") and text[-2:-1] not in "aeiou" else text + ending
    if not plural and is_plural(text.rpartition(" ")[2]):
        return f"{text[:-3]}y" if text.endswith("ies") else text[:-1]
    return text
