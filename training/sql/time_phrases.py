"""Times as people say them beside a column of dates: in Q3 2024, since May, on Sundays, over 30 years old.

What a phrase means is read by `kbqa.linking`, as in questions that people ask.
"""

import random
from dataclasses import dataclass

from kbqa.linking.ages import ages_of
from kbqa.linking.calendar import WEEKDAYS, Calendar
from kbqa.linking.time_values import MONTHS
from kbqa.linking.times import times_of
from kbqa.sql.query import Comparison

_NTH = ("first", "second", "third", "fourth")
_UNITS = ("day", "week", "month", "quarter", "year")
_LENGTHS = {
    "hour": (2, 12, 24, 48),
    "day": (2, 3, 5, 7, 10, 14, 30, 60, 90, 100),
    "week": (2, 3, 4, 6, 8),
    "month": (2, 3, 4, 6, 12, 18),
    "year": (2, 3, 4, 5, 10, 20),
}
_IN_WORDS = {2: "two", 3: "three", 5: "five", 6: "six", 7: "seven", 10: "ten", 12: "twelve", 30: "thirty"}
_ORDERINGS = (
    (Comparison.AT_LEAST, ("since {}", "from {} on", "in or after {}", "from {} onwards")),
    (Comparison.GREATER, ("after {}", "later than {}")),
    (Comparison.LESS, ("before {}", "earlier than {}", "prior to {}")),
    (Comparison.AT_MOST, ("until {}", "by {}", "up to {}")),
)


@dataclass(frozen=True)
class TimePhrase:
    """Words that say when, the comparison that they are, and with which times, as a question's constants."""

    words: str
    comparison: Comparison
    times: tuple[str, ...]


class TimePhrases:
    """Draws phrases by chance, as they are read on a day of asking."""

    def __init__(self, calendar: Calendar, rng: random.Random) -> None:
        self.calendar, self.rng = calendar, rng

    def of_days(self) -> TimePhrase | None:
        """When something was, by days and longer times."""
        often = (self._within, self._relative, self._ordered)
        draw = self.rng.choice((*often, *often, self._between, self._again, self._distant, self._not_within))
        return draw()

    def of_years(self) -> TimePhrase | None:
        """When something was, by whole years, as columns tell that count them."""
        kind, year = self.rng.random(), str(self._year())
        if kind < 0.3:
            return TimePhrase(f"in {year}", Comparison.EQUAL, (year,))
        if kind < 0.75:
            comparison, forms = self.rng.choice(_ORDERINGS)
            return TimePhrase(self.rng.choice(forms).format(year), comparison, (year,))
        if kind < 0.9:
            return self._between_years()
        return self._read(self.rng.choice((f"in the {self._decade()}", "last year", "this year")))

    def of_hours(self) -> TimePhrase | None:
        """At which time of the day something was."""
        first, second = (self._hour() for _ in range(2))
        if self.rng.random() < 0.25:
            words = self.rng.choice((f"between {first} and {second}", f"from {first} to {second}"))
            return self._read(words, Comparison.BETWEEN, 2)
        comparison, before = self.rng.choice(
            (
                (Comparison.GREATER, "after"),
                (Comparison.LESS, "before"),
                (Comparison.AT_LEAST, "from"),
                (Comparison.AT_MOST, "until"),
            )
        )
        return self._read(f"{before} {first}{' on' if before == 'from' else ''}", comparison)

    def of_ages(self) -> TimePhrase | None:
        """How old somebody is."""
        age, other = sorted(self.rng.sample(range(5, 80), 2))
        forms = (
            *(f"older than {age}", f"younger than {age}", f"over {age} years old", f"under {age} years old"),
            *(f"aged {age}", f"between {age} and {other} years old", f"at least {age} years old"),
            *(f"{age} or older", f"{age} years or younger", "in their thirties", f"aged {age} to {other}"),
        )
        words = self.rng.choice(forms)
        found = tuple(ages_of(words, self.calendar))
        return TimePhrase(words, Comparison.EQUAL, found) if len(found) == 1 else None

    def _read(
        self, words: str, comparison: Comparison = Comparison.EQUAL, number: int = 1
    ) -> TimePhrase | None:
        """A phrase with the times that are read in it; None where those are not so many."""
        found = tuple(times_of(words, self.calendar))
        return TimePhrase(words, comparison, found) if len(found) == number else None

    def _within(self) -> TimePhrase | None:
        """In a year, a month, a quarter, or on a day, each with its year."""
        if self.rng.random() < 0.35:
            year = str(self._year())
            before = self.rng.choice(("in", "in", "during", "in the year", "throughout", "from"))
            return TimePhrase(f"{before} {year}", Comparison.EQUAL, (year,))
        return self._read(f"{self.rng.choice(('in', 'during'))} {self._period()}")

    def _not_within(self) -> TimePhrase | None:
        year = str(self._year())
        return TimePhrase(f"not in {year}", Comparison.UNEQUAL, (year,))

    def _relative(self) -> TimePhrase | None:
        """From the day of asking: last month, today, in the past 30 days."""
        unit = self.rng.choice(_UNITS)
        several = f"{self.rng.choice(('last', 'past', 'previous'))} {self._several()}"
        forms = (
            *(
                f"last {unit}",
                f"this {unit}",
                f"in the past {unit}",
                f"in the {several}",
                f"over the {several}",
            ),
            *("yesterday", "today", f"so far this {unit}", f"this {unit} so far", f"next {unit}"),
            *(f"in the next {self._several()}", f"within the next {self._several()}"),
        )
        return self._read(
            self.rng.choice(forms).replace("last day", "yesterday").replace("this day", "today")
        )

    def _ordered(self) -> TimePhrase | None:
        """Since, before, after or until some time."""
        comparison, forms = self.rng.choice(_ORDERINGS)
        if self.rng.random() < 0.3:
            year = str(self._year())
            return TimePhrase(self.rng.choice(forms).format(year), comparison, (year,))
        relative = (
            f"last {self.rng.choice(_UNITS[1:])}",
            self._month(),
            f"last {self._weekday()}",
            "yesterday",
        )
        time = self._period() if self.rng.random() < 0.6 else self.rng.choice(relative)
        return self._read(self.rng.choice(forms).format(time), comparison)

    def _distant(self) -> TimePhrase | None:
        """More, or less, than some time ago."""
        than, comparison = self.rng.choice(
            (("more than", Comparison.LESS), ("over", Comparison.LESS), ("less than", Comparison.GREATER))
        )
        return self._read(f"{than} {self._several()} ago", comparison)

    def _between(self) -> TimePhrase | None:
        if self.rng.random() < 0.4:
            return self._between_years()
        first, second = self._period(), self._period()
        return self._read(
            self.rng.choice((f"between {first} and {second}", f"from {first} to {second}")),
            Comparison.BETWEEN,
            2,
        )

    def _between_years(self) -> TimePhrase:
        first, last = sorted(self.rng.sample(range(1960, self.calendar.today.year + 1), 2))
        words = self.rng.choice(("between {} and {}", "from {} to {}", "from {} until {}"))
        return TimePhrase(words.format(first, last), Comparison.BETWEEN, (str(first), str(last)))

    def _again(self) -> TimePhrase | None:
        """What comes again each year or week."""
        forms = (
            *(f"in {self._month()}", f"on {self._weekday()}s", f"on a {self._weekday()}", "on weekends"),
            *(f"in Q{self.rng.randint(1, 4)}", f"in the {self.rng.choice(_NTH)} quarter", "at the weekend"),
            *(
                f"in {self._month()}",
                f"on {self._weekday()}s",
                "on weekdays",
                "in the first half of the year",
            ),
        )
        return self._read(self.rng.choice(forms))

    def _period(self) -> str:
        """A month, a quarter, a half, a decade, or a day, with its year."""
        year, month, day = self._year(), self._month(), self.rng.randint(1, 28)
        nth, quarter = self.rng.choice(_NTH), self.rng.randint(1, 4)
        return self.rng.choice(
            (
                *(f"{month} {year}",) * 4,
                *(f"Q{quarter} {year}", f"Q{quarter} of {year}", f"the {nth} quarter of {year}"),
                *(f"{day} {month} {year}", f"{month} {day}, {year}", f"{year}-{1 + day % 12:02}-{day:02}"),
                *(f"the {self._decade()}", f"the {self.rng.choice(_NTH[:2])} half of {year}"),
            )
        )

    def _several(self) -> str:
        unit = self.rng.choice(tuple(_LENGTHS))
        number = self.rng.choice(_LENGTHS[unit])
        said = _IN_WORDS.get(number, str(number)) if self.rng.random() < 0.35 else str(number)
        return f"{said} {unit}s"

    def _year(self) -> int:
        """A year, mostly one of the last."""
        today = self.calendar.today.year
        return today - self.rng.randint(0, 5) if self.rng.random() < 0.6 else self.rng.randint(1950, today)

    def _decade(self) -> str:
        return f"{self.rng.randrange(1950, 2030, 10)}s"

    def _month(self) -> str:
        return self.rng.choice(MONTHS).capitalize()

    def _weekday(self) -> str:
        return self.rng.choice(WEEKDAYS).capitalize()

    def _hour(self) -> str:
        hour = self.rng.randint(1, 12)
        half = self.rng.choice(("am", "pm"))
        forms = (f"{hour} {half}", f"{hour}{half}", f"{hour}:{self.rng.choice(('15', '30'))} {half}")
        return self.rng.choice((*forms, f"{self.rng.randint(0, 23)}:00", "noon", "midnight"))
