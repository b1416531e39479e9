"""Measures: numbers with a unit, in questions and as texts, and the units that words name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kbqa.linking.numbers import FRACTION, fraction_of, plain, scaled_phrases
from kbqa.linking.words import Span


class Dimension(StrEnum):
    """What units measure."""

    TIME = "time"
    MONTHS = "months"
    LENGTH = "length"
    MASS = "mass"
    DATA = "data"
    VOLUME = "volume"
    MONEY = "money"
    SHARE = "share"
    COUNT = "count"


@dataclass(frozen=True)
class Unit:
    """A unit: how many of its dimension's basic one it is."""

    name: str
    dimension: Dimension
    factor: Decimal


_UNITS = """
time: milliseconds millisecond ms msec millis = 0.001; seconds second s sec secs = 1;
    minutes minute min mins = 60; hours hour h hr hrs = 3600; days day d = 86400; weeks week wk = 604800
months: months month mth = 1; years year yr yrs = 12
length: mm millimetres millimetre millimeters millimeter = 0.001;
    cm centimetres centimetre centimeters centimeter = 0.01; m metres metre meters meter = 1;
    km kilometres kilometre kilometers kilometer kms = 1000; inches inch in = 0.0254; feet foot ft = 0.3048;
    yards yard yd = 0.9144; miles mile mi = 1609.344
mass: mg milligrams milligram = 0.001; g grams gram gr = 1; kg kilograms kilogram kilo kilos kgs = 1000;
    tonnes tonne tons ton t = 1000000; ounces ounce oz = 28.349523125; pounds pound lb lbs = 453.59237
data: bytes byte = 1; kb kilobytes kilobyte = 1000; mb megabytes megabyte = 1000000;
    gb gigabytes gigabyte = 1000000000; tb terabytes terabyte = 1000000000000
volume: ml millilitres milliliters = 0.001; cl centilitres centiliters = 0.01;
    litres litre liters liter l = 1; gallons gallon gal = 3.785411784
money: dollars dollar usd $ euros euro eur € gbp £ = 1; cents cent pence = 0.01
share: percent % percentage pct = 0.01; share fraction proportion = 1
count: thousand thousands = 1000; million millions mio = 1000000; billion billions bn = 1000000000
"""
"""Words of units by what they measure, the first of each being its name."""


def _units() -> Mapping[str, Unit]:
    units = dict[str, Unit]()
    for line in re.sub(r"\n +", " ", _UNITS.strip()).splitlines():
        dimension, _, groups = line.partition(": ")
        for group in groups.split(";"):
            words, _, factor = group.partition("=")
            name = words.split()[0]
            units |= {
                word: Unit(name, Dimension(dimension), Decimal(factor.strip())) for word in words.split()
            }
    return units


UNITS = _units()
_NEVER_SAID = ("in", "d", "t", "share", "fraction", "proportion", "pct", "s")
_UNIT = rf"(?P<unit>{'|'.join(re.escape(word) for word in sorted(UNITS, key=len, reverse=True))})(?!\w)"
_BEHIND = re.compile(rf"[ -]?{_UNIT}", re.IGNORECASE)
_ATTACHED = re.compile(rf"(?<![\w.,])(?P<number>\d[\d,]*(?:\.\d+)?){_UNIT}", re.IGNORECASE)
_ONE = re.compile(
    rf"\b(?:than|over|under|above|below|least|most|within) (?P<said>(?P<half>half )?an? {_UNIT})",
    re.IGNORECASE,
)
"""One of a unit, or half of one: longer than an hour."""
_AND_PART = re.compile(rf" and (?P<part>{FRACTION})\b", re.IGNORECASE)
"""The part of a unit behind it: an hour and a half."""
_ONE_AND_PART = re.compile(rf"\ban? {_UNIT} and (?P<part>{FRACTION})\b", re.IGNORECASE)
_PART_OF_ONE = re.compile(
    rf"\b(?P<part>half|a quarter of|three quarters of) an? {_UNIT}(?! of)", re.IGNORECASE
)
_CLOCKED = re.compile(
    r"(?<![\w.,])(?P<hours>\d{1,3}) ?h ?(?P<minutes>[0-5]?\d)(?: ?m(?:ins?)?)?(?!\w)", re.IGNORECASE
)
"""Hours and minutes: 1h30."""
_BETWEEN_PARTS = (" ", " and ", ", ")
_CLEAR = frozenset(
    (
        "kg", "mg", "km", "cm", "mm", "ml", "kb", "mb", "gb", "tb", "eur", "usd", "gbp", "km2", "m2", "km3",
        "m3", "km²", "m²", "m³", "kmh", "km/h", "kwh", "mph", "°c", "celsius",
    )
)  # fmt: skip
"""Words at the end of a property's name that can be nothing but its unit."""
_ONE_OF_TIME = ("year", "month", "week", "day", "hour", "minute", "second")
_MEASURED: Mapping[Dimension, frozenset[str]] = {
    Dimension.LENGTH: frozenset(
        (
            "height", "length", "width", "depth", "altitude", "elevation", "distance", "size", "diameter",
            "radius", "thickness",
        )
    ),
    Dimension.MASS: frozenset(("mass", "weight")),
    Dimension.TIME: frozenset(
        ("duration", "time", "length", "runtime", "latency", "timeout", "delay", "interval", "age")
    ),
    Dimension.MONTHS: frozenset(("age", "duration", "experience")),
    Dimension.VOLUME: frozenset(("volume", "capacity")),
    Dimension.DATA: frozenset(("size", "memory", "storage")),
    Dimension.MONEY: frozenset(
        ("price", "cost", "salary", "budget", "revenue", "amount", "fee", "wage", "income")
    ),
}  # fmt: skip
"""What is measured in units of a dimension."""
_UNIT_AT_END = re.compile(
    r"(?P<of>.*?\w) (?P<in>in )?(?P<open>[(\[])?(?P<unit>[^\W\d_]+(?:/h| ?[23²³])?|°C)[)\]]?", re.IGNORECASE
)
_CURRENCIES = "$€£"
_MEASURE = re.compile(r"(-?\d+(?:\.\d+)?) (\S+)")


def unit_said(text: str) -> tuple[str, str]:
    """What the name of a property says is measured, and its unit; the unit is empty where it says none.

    Short units, and words that are other things as well, are units only of what they measure.

    >>> unit_said("weight kg"), unit_said("height m"), unit_said("area (km2)"), unit_said("time in minutes")
    (('weight', 'kg'), ('height', 'm'), ('area', 'km²'), ('time', 'minutes'))
    >>> unit_said("opening hours"), unit_said("price EUR"), unit_said("vitamin d")
    (('opening hours', ''), ('price', 'EUR'), ('vitamin d', ''))
    """
    match = _UNIT_AT_END.fullmatch(" ".join(text.split()))
    if match is None:
        return text, ""
    of, unit, is_told = match["of"], match["unit"], bool(match["in"] or match["open"])
    known = UNITS.get(unit.lower())
    is_measured = known is not None and not _MEASURED.get(known.dimension, frozenset()).isdisjoint(
        of.lower().split()
    )
    is_clear = unit.lower().replace(" ", "") in _CLEAR
    is_clear |= is_told and known is not None and unit.lower() not in _ONE_OF_TIME
    return (of, _as_shown(unit)) if is_clear or is_measured else (text, "")


def _as_shown(unit: str) -> str:
    if len(unit) == len("EUR") and UNITS.get(unit.lower(), UNITS["m"]).dimension == Dimension.MONEY:
        return unit.upper()
    return re.sub(r" ?(?P<power>[23])$", lambda match: "²³"[int(match["power"]) - 2], unit)


def measures_of(question: str, numbers: Mapping[str, Span]) -> dict[str, Span]:
    """Measures of a question with their spans: a number, and the name of its unit.

    `numbers` are those of the question.

    >>> question = "longer than 5 min, under $20 or 10 % of 2.5 billion"
    >>> measures_of(question, {"5": (12, 13), "20": (26, 28), "10": (32, 34)})
    {'5 minutes': (12, 17), '20 dollars': (25, 28), '10 percent': (32, 36), '2.5 billion': (40, 51)}
    """
    measures = dict[str, Span]()
    for number, (start, end) in numbers.items():
        match = _BEHIND.match(question, end)
        if match is not None and match["unit"].lower() not in _NEVER_SAID:
            unit_named, more = UNITS[match["unit"].lower()].name, _AND_PART.match(question, match.end())
            whole = Decimal(number) + fraction_of(more["part"]) if more else Decimal(number)
            measures[f"{plain(whole)} {unit_named}"] = (start, (more or match).end())
        elif start and question[start - 1] in _CURRENCIES:
            measures[f"{number} {UNITS[question[start - 1]].name}"] = (start - 1, end)
    for match in _ATTACHED.finditer(question):
        if (unit := match["unit"].lower()) not in _NEVER_SAID:
            measures.setdefault(f"{match['number'].replace(',', '')} {UNITS[unit].name}", match.span())
    for match in _ONE.finditer(question):
        number = "0.5" if match["half"] else "1"
        measures.setdefault(f"{number} {UNITS[match['unit'].lower()].name}", match.span("said"))
    measures |= dict(_parts_of_units(question))
    for span, (digits, scale) in scaled_phrases(question).items():
        if scale in UNITS:
            measures.setdefault(f"{digits} {UNITS[scale].name}", span)
    return _together(question, measures)


def _parts_of_units(question: str) -> Iterator[tuple[str, Span]]:
    """Measures that are said by parts of a unit, and hours with their minutes."""
    for match in _ONE_AND_PART.finditer(question):
        number = 1 + fraction_of(match["part"])
        yield f"{plain(number)} {UNITS[match['unit'].lower()].name}", match.span()
    for match in _PART_OF_ONE.finditer(question):
        unit = UNITS[match["unit"].lower()]
        if unit.dimension != Dimension.COUNT:
            yield f"{plain(fraction_of(match['part'].removesuffix(' of')))} {unit.name}", match.span()
    for match in _CLOCKED.finditer(question):
        yield f"{60 * int(match['hours']) + int(match['minutes'])} minutes", match.span()


def _together(question: str, measures: Mapping[str, Span]) -> dict[str, Span]:
    """Measures of which one in a smaller unit behind another is one with it: 1 hour and 30 minutes.

    What lies within another is part of it.
    """
    merged = dict[str, Span]()
    last = ""
    for text, span in sorted(measures.items(), key=lambda entry: (entry[1][0], -entry[1][1])):
        start, end = merged.get(last, (0, 0))
        known, measure = parse_measure(last), parse_measure(text)
        if last and end >= span[1]:
            continue
        assert measure is not None
        is_part = known is not None and known[1].dimension == measure[1].dimension != Dimension.COUNT
        if (
            is_part
            and known
            and known[1].factor > measure[1].factor
            and question[end : span[0]] in _BETWEEN_PARTS
        ):
            del merged[last]
            number = known[0] * known[1].factor / measure[1].factor + measure[0]
            last = f"{plain(number)} {measure[1].name}"
            merged[last] = (start, span[1])
        else:
            last = text
            merged.setdefault(text, span)
    return merged


def parse_measure(text: str) -> tuple[Decimal, Unit] | None:
    """The number and unit of a measure; None for any other text."""
    match = _MEASURE.fullmatch(text)
    unit = UNITS.get(match[2]) if match else None
    return (Decimal(match[1]), unit) if match and unit else None


def converted(text: str, unit: Unit) -> str | None:
    """A measure as a number of another unit; None where that measures something else.

    >>> converted("5 minutes", UNITS["ms"]), converted("5 minutes", UNITS["kg"])
    ('300000', None)
    """
    measure = parse_measure(text)
    if measure is None or measure[1].dimension != unit.dimension:
        return None
    return plain(measure[0] * measure[1].factor / unit.factor)


def unit_of(words: Sequence[str], dimension: Dimension) -> Unit | None:
    """The unit of a dimension that the words of a name tell, the last of them first.

    One letter, and "in", is a unit at the end only.

    >>> unit_of(["duration", "ms"], Dimension.TIME).name, unit_of(["m", "name"], Dimension.LENGTH)
    ('milliseconds', None)
    """
    for index, word in enumerate(reversed(words)):
        unit = UNITS.get(word)
        is_clear = index == 0 or (len(word) > 1 and word != "in")
        if unit is not None and unit.dimension == dimension and is_clear:
            return unit
    return None
