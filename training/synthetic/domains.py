"""Domains of synthetic graphs: classes, relations, numbers and texts, and what may be said of anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Relation:
    """A property between two classes: names, questions from its subject (`{e}`), and from its object."""

    source: str
    target: str
    names: tuple[str, ...]
    nouns: tuple[str, ...]
    forward: tuple[str, ...]
    backward: tuple[str, ...]


@dataclass(frozen=True)
class Attribute:
    """A number or year of a class: names, words for much and little of it, questions for it, its range.

    A year that has `dated` names may be kept as a date, and is then asked for `within` a year, a month or a
    day.
    """

    source: str
    names: tuple[str, ...]
    most: tuple[str, ...]
    least: tuple[str, ...]
    more: tuple[str, ...]
    less: tuple[str, ...]
    asked: tuple[str, ...]
    low: int
    high: int
    kind: str = "integer"
    dated: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """A text that members of a class have: names, its values, and questions for it.

    Without `values` they are words by chance. `nouns` say what members are, as engineers are.
    """

    source: str
    names: tuple[str, ...]
    values: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    nouns: bool = False


@dataclass(frozen=True)
class Flag:
    """What is true or false of members: names, clauses where it is true and where not, questions for it."""

    source: str
    names: tuple[str, ...]
    when: tuple[str, ...]
    unless: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """Real names that members of a class may have.

    They are called as nouns (thrillers are books), adjectives (Italian dishes), things (the piano), or names.
    """

    names: tuple[str, ...]
    called: str = "name"


@dataclass(frozen=True)
class Domain:
    """A subject of synthetic graphs."""

    relations: tuple[Relation, ...]
    attributes: tuple[Attribute, ...]
    texts: tuple[Text, ...]
    flags: tuple[Flag, ...]
    members: dict[str, Members]

    @property
    def parts(self) -> tuple[Relation | Attribute | Text | Flag, ...]:
        """All that may be said of something."""
        return (*self.relations, *self.attributes, *self.texts, *self.flags)


@dataclass(frozen=True)
class Common:
    """What may be said of members of any class: of people alone, of all but people, or of both (None)."""

    part: Attribute | Text
    people: bool | None = None

    def fits(self, kind: str) -> bool:
        """Whether it may be said of members of a class."""
        return self.people is None or self.people == (kind in PEOPLE)


def read_domains() -> dict[str, Domain]:
    """The domains by their names."""
    return {name: _domain(stored) for name, stored in _stored("domains.yaml").items()}


def read_common() -> tuple[Common, ...]:
    """What may be said of members of any class, their source left open."""
    stored = _stored("common_attributes.yaml")
    attributes = [
        Common(_attribute({"of": "", **entry}), entry.get("people")) for entry in stored["attributes"]
    ]
    counted = [Common(_counted(noun)) for noun in stored["counted"]]
    return (
        *attributes,
        *counted,
        *(Common(_text({"of": "", **entry}), entry.get("people")) for entry in stored["texts"]),
    )


def _stored(name: str) -> dict[str, Any]:
    stored: dict[str, Any] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return stored


def _domain(stored: dict[str, Any]) -> Domain:
    members = {
        kind: Members(tuple(entry["names"]), entry.get("called", Members.called))
        for kind, entry in stored.get("members", {}).items()
    }
    return Domain(
        tuple(map(_relation, stored["relations"])),
        tuple(map(_attribute, stored["attributes"])),
        tuple(map(_text, stored.get("texts", ()))),
        tuple(map(_flag, stored.get("flags", ()))),
        members,
    )


def _counted(noun: str) -> Attribute:
    """The number that one has of something."""
    fewer = ("with fewer than {n}", "with less than {n}", "that have fewer than {n}")
    more = ("with more than {n}", "with over {n}", "that have more than {n}")
    return Attribute(
        source="",
        names=(noun, f"number of {noun}", f"{noun} count"),
        most=(f"with the most {noun}", f"having the most {noun}"),
        least=(f"with the fewest {noun}", f"having the fewest {noun}"),
        more=tuple(f"{words} {noun}" for words in more),
        less=tuple(f"{words} {noun}" for words in fewer),
        asked=(f"how many {noun} does {{e}} have", f"how many {noun} has {{e}}"),
        low=0,
        high=12,
    )


def _relation(stored: dict[str, Any]) -> Relation:
    texts = (tuple(stored.get(part, ())) for part in ("names", "nouns", "forward", "backward"))
    return Relation(stored["from"], stored["to"], *texts)


def _attribute(stored: dict[str, Any]) -> Attribute:
    low, high = stored["range"]
    return Attribute(
        source=stored["of"],
        names=tuple(stored["names"]),
        most=tuple(stored["most"]),
        least=tuple(stored["least"]),
        more=tuple(stored["above"]),
        less=tuple(stored["below"]),
        asked=tuple(stored.get("asked", ())),
        low=low,
        high=high,
        kind=stored.get("datatype", "integer"),
        dated=tuple(stored.get("dated", ())),
        within=tuple(stored.get("within", ())),
    )


def _text(stored: dict[str, Any]) -> Text:
    names, values, questions = (tuple(stored.get(part, ())) for part in ("names", "values", "asked"))
    return Text(stored["of"], names, values, questions, stored.get("nouns", False))


def _flag(stored: dict[str, Any]) -> Flag:
    return Flag(stored["of"], *(tuple(stored[part]) for part in ("names", "when", "unless", "asked")))


PEOPLE = (
    "human", "person", "doctor", "patient", "cook", "singer", "employee", "player", "customer", "politician",
    "artist",
)  # fmt: skip
DOMAINS, COMMON = read_domains(), read_common()
HELD_OUT_DOMAIN = "space"
"""The domain that is only measured on."""
