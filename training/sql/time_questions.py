"""Questions about when something was, made by templates: orders last month, hired since 2019, by weekday.

They stand for times in conditions, of which published sets have few beside years.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kbqa.linking.calendar import current_calendar
from kbqa.linking.time_values import BORN
from kbqa.sql.dates import counts_years, has_hours, is_birth, is_of_days
from kbqa.sql.query import (
    Aggregate,
    AllOf,
    Condition,
    DatePart,
    Item,
    Order,
    Part,
    Query,
    Term,
    Value,
)
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table, readable
from training.sql.analyst_words import BEGINNINGS, PART_WORDS
from training.sql.plain_questions import PlainQuestions
from training.sql.plain_words import happened
from training.sql.row_conditions import Draft
from training.sql.time_phrases import TimePhrase, TimePhrases

Asked = tuple[str, Query]
_TRIES, _MAX_LENGTH = 12, 220
_EVENTS = (
    (("birth", "birthday", "dob", "birthdate"), ("born", "who were born")),
    (("hire", "employment", "employed"), ("hired", "that were hired")),
    (("start", "begin", "beginning", "starts"), ("starting", "that start", "that started", "that began")),
    (("end", "finish", "ends"), ("ending", "that end", "that ended", "that finish")),
    (("join", "membership", "enrollment", "registration"), ("that joined", "that registered")),
    (("order",), ("ordered", "that were ordered", "that were placed")),
    (("delivery",), ("delivered", "that were delivered", "that arrived")),
    (("payment", "payed"), ("paid", "that were paid")),
    (("due",), ("due", "that are due", "that fall due")),
    (("expiry", "expiration", "expires", "until"), ("that expire", "expiring", "that run out")),
    (("arrival", "arrive"), ("that arrived", "arriving")),
    (("departure", "leaving"), ("that left", "departing", "that departed")),
    (("release",), ("released", "that came out", "that were released")),
    (("publication", "publish"), ("published", "that were published", "that appeared")),
    (("purchase", "bought"), ("bought", "that were bought", "that were purchased")),
    (("sale", "sold"), ("sold", "that were sold")),
    (("opening", "open"), ("opened", "that were opened", "that opened")),
    (("death", "died"), ("that died", "who died")),
    (("submission",), ("submitted", "that were submitted")),
    (("visit",), ("that visited", "visiting")),
    (("booking", "reservation"), ("booked", "that were booked")),
    (("founding", "foundation", "founded"), ("founded", "that were founded")),
    (("built", "construction"), ("built", "that were built")),
    (("creation", "create"), ("created", "that were created")),
)
"""Words of columns' names, and what people say of rows whose date it is."""
_BY_THEMSELVES = frozenset(
    (
        *("departed", "arrived", "ended", "started", "expired", "joined", "died", "resigned", "retired"),
        *("happened", "occurred", "finished", "graduated", "left", "begun"),
    )
)
"""What rows do, and is not done to them."""
_BEFORE_TIMES = frozenset(
    (
        *("in", "on", "at", "since", "from", "after", "later", "before", "earlier", "prior", "until", "by"),
        *("up", "during", "throughout", "last", "this", "next", "over", "within", "yesterday", "today", "so"),
        *("more", "less", "between", "not"),
    )
)
_CLAUSES = ("that ", "who ", "whose ", "with ")
"""How words begin that follow their noun only."""


@dataclass(frozen=True)
class _When:
    """A condition on when, and the words that say it of some rows."""

    condition: Condition
    words: str


class TimeQuestions(PlainQuestions):
    """Makes questions on a schema."""

    def __init__(self, schema: Schema, cells: Mapping[ColumnRef, Sequence[str]], rng: random.Random) -> None:
        super().__init__(schema, cells, rng)
        self.phrases = TimePhrases(current_calendar(), rng)
        self.dated = [table for table in self.tables if self._timed(table)]

    def make(self, number: int) -> Iterator[Asked]:
        """At most `number` questions with their queries."""
        kinds: list[Callable[[], Asked | None]] = [self.how_many, self.how_many, self.which_then]
        kinds += [self.which_then, self.measured, self.by_category, self.by_category, self.by_time]
        kinds += [
            self.by_time,
            self.busiest,
            self.latest,
            self.of_parents,
            self.of_parents,
            self.of_parent_most,
        ]
        for _ in range(number if self.dated else 0):
            kind = self.rng.choice(kinds)
            for pair in (kind() for _ in range(_TRIES)):
                if pair is not None and len(pair[0]) < _MAX_LENGTH and self.is_joined(pair[1]):
                    yield pair
                    break

    def how_many(self) -> Asked | None:
        """The number of rows of some time, which perhaps meet another condition."""
        table = self.rng.choice(self.dated)
        draft = self._draft(Query((Item(Term(AllOf(table.name), Aggregate.COUNT)),)), table)
        if draft is None:
            return None
        rows, words = self.words.rows(table), " ".join(draft.words)
        forms = [
            f"How many {rows} are there {words}",
            f"Number of {rows} {words}",
            f"Count the {rows} {words}",
        ]
        if not words.startswith(_CLAUSES):
            verbs = ("", "did we have ", "were there ") if _is_bare(words) else ("were ", "")
            forms += [f"How many {rows} {verb}{words}" for verb in verbs]
        return _asked(self.rng.choice(forms), draft.query)

    def which_then(self) -> Asked | None:
        """The rows of some time."""
        table = self.rng.choice(self.dated)
        shown = self.known_by(table)
        draft = self._draft(Query(tuple(Item(Term(ref)) for ref in shown)), table) if shown else None
        if draft is None:
            return None
        rows, words = self.words.rows(table), " ".join(draft.words)
        listing = self.rng.choice(("List", "Show", "Give me", "Show me", "Find", "What are"))
        are = "are there" if _is_bare(words) or words.startswith(_CLAUSES) else "were"
        return _asked(
            self.rng.choice((f"Which {rows} {are} {words}", f"{listing} the {rows} {words}")), draft.query
        )

    def measured(self) -> Asked | None:
        """A sum, a mean or an extreme of the rows of some time."""
        table = self.rng.choice(self.dated)
        summed = self.summed(table)
        if summed is None:
            return None
        what, measure = self.words.measure(table, summed)
        draft = self._draft(Query((measure,)), table)
        if draft is None:
            return None
        return _asked(" ".join([self._begin(), what, *draft.words]).strip(), draft.query)

    def by_category(self) -> Asked | None:
        """A measure of the rows of some time for each value of a column, or the value that has most."""
        table = self.rng.choice(self.dated)
        by, summed = self.category(table), self.summed(table) if self.rng.random() < 0.5 else None
        if by is None:
            return None
        what, measure = self.words.measure(table, summed, extremes=False)
        name, most = self.words.called(by), self.rng.random() < 0.75
        draft = self._draft(Query((Item(Term(by)), measure), group=(by,)), table)
        if draft is None or any(
            each.item == Item(Term(by)) and not each.values for each in draft.query.where
        ):
            return None  # there are no groups by what is empty
        words = " ".join(draft.words)
        if self.rng.random() < 0.4:
            how = self.rng.choice(("most", "highest number of") if most else ("fewest", "lowest number of"))
            has = f"the {how} {self.words.rows(table)}" if summed is None else f"the highest {what[4:]}"
            most = most or summed is not None
            query = replace(draft.query, items=(Item(Term(by)),), order=(Order(measure, most),), limit=1)
            return _asked(f"Which {name} has {has} {words}", query)
        per = self.rng.choice(("by", "per", "for each", "of each"))
        forms = (
            f"{self._begin()} {what} {words} {per} {name}",
            f"{self._begin()} {what} {per} {name} {words}",
        )
        return _asked(self.rng.choice(forms).strip(), draft.query)

    def by_time(self) -> Asked | None:
        """A measure for each part of a date, perhaps within some time."""
        table = self.rng.choice(self.dated)
        part = self._part(table)
        if part is None:
            return None
        summed = self.summed(table) if self.rng.random() < 0.45 else None
        what, measure = self.words.measure(table, summed, extremes=False)
        query = Query((Item(Term(part)), measure), group=(part,))
        when = self._when_of(table, part.column) if self.rng.random() < 0.6 else None
        if when is not None:
            query = replace(query, where=(when.condition,))
        word, after = self._part_word(part), f" {when.words}" if when else ""
        per = self.rng.choice(
            (f"per {word}", f"by {word}", f"for each {word}", f"{word} by {word}", f"each {word}")
        )
        if word == "day" and self.rng.random() < 0.3:
            per = "daily"
        return _asked(f"{self._begin()} {what} {per}{after}".strip(), query)

    def busiest(self) -> Asked | None:
        """The part of a date with most rows."""
        table = self.rng.choice(self.dated)
        part = self._part(table)
        if part is None:
            return None
        most, rows, word = self.rng.random() < 0.75, self.words.rows(table), self._part_word(part)
        count = Item(Term(AllOf(table.name), Aggregate.COUNT))
        query = Query((Item(Term(part)),), group=(part,), order=(Order(count, most),), limit=1)
        how = "most" if most else "fewest"
        forms = (
            f"On which {word} do we have the {how} {rows}",
            f"In which {word} were there the {how} {rows}",
            f"Which {word} has the {how} {rows}",
            f"At what {word} are there the {how} {rows}",
            f"When do we get the {how} {rows}, by {word}",
        )
        return _asked(self.rng.choice(forms), query)

    def latest(self) -> Asked | None:
        """The newest or oldest rows."""
        table = self.rng.choice(self.dated)
        ref, shown = self.rng.choice(self._timed(table)), self.known_by(table)
        if not shown:
            return None
        last, number = self.rng.random() < 0.65, self.rng.choice((1, 1, 1, 3, 5, 10))
        items = tuple(Item(Term(one)) for one in shown)
        query = Query(items, order=(Order(Item(Term(ref)), last),), limit=number)
        how = self.rng.choice(
            ("latest", "most recent", "newest", "last") if last else ("first", "earliest", "oldest")
        )
        if number == 1:
            return _asked(
                f"{self.rng.choice(('Which is', 'What is', 'Show'))} the {how} {self.words.row(table)}", query
            )
        return _asked(
            f"{self.rng.choice(('List', 'Show', 'Give me'))} the {how} {number} {self.words.rows(table)}",
            query,
        )

    def of_parents(self) -> Asked | None:
        """How many rows of some time belong to each row of another table, or to one of them."""
        drawn = self._child()
        if drawn is None:
            return None
        parent, child, target = drawn
        count = Item(Term(AllOf(child.name), Aggregate.COUNT))
        one, rows = self.words.row(parent), self.words.rows(child)
        named = self.one_row(parent)
        if named is not None and self.rng.random() < 0.5:
            draft = self._draft(Query((count,)), child)
            if draft is None:
                return None
            condition, name = named
            words, query = " ".join(draft.words), draft.query
            query = replace(query, where=(condition, *query.where))
            of_one = (f"How many {rows} did {name} have {words}", f"How many {rows} of {name} {words}")
            return _asked(self.rng.choice(of_one), query)
        shown = self.known_by(parent)
        draft = self._draft(Query((*(Item(Term(ref)) for ref in shown), count), group=(target,)), child)
        if draft is None or not shown:
            return None
        words = " ".join(draft.words)
        forms = (
            f"How many {rows} did each {one} have {words}",
            f"Number of {rows} {words} per {one}",
            f"For each {one}, how many {rows} were there {words}",
        )
        return _asked(self.rng.choice(forms), draft.query)

    def of_parent_most(self) -> Asked | None:
        """The row of another table to which most rows of some time belong."""
        drawn = self._child()
        if drawn is None:
            return None
        parent, child, target = drawn
        shown, most = self.known_by(parent), self.rng.random() < 0.8
        count = Item(Term(AllOf(child.name), Aggregate.COUNT))
        items = tuple(Item(Term(ref)) for ref in shown)
        query = Query(items, group=(target,), order=(Order(count, most),), limit=1)
        draft = self._draft(query, child) if shown else None
        if draft is None:
            return None
        one, rows, words = self.words.row(parent), self.words.rows(child), " ".join(draft.words)
        return _asked(f"Which {one} had the {'most' if most else 'fewest'} {rows} {words}", draft.query)

    def _child(self) -> tuple[Table, Table, ColumnRef] | None:
        """(parent, child with dates, the column that rows are grouped by)."""
        keys = [key for key in self.keys if self._timed(self.schema.table(key.source.table))]
        if not keys:
            return None
        key = self.rng.choice(keys)
        return self.schema.table(key.target.table), self.schema.table(key.source.table), key.target

    def _draft(self, query: Query, table: Table) -> Draft | None:
        """A query restricted to some time of a table's rows, and perhaps further."""
        when = self._when_of(table, self.rng.choice(self._timed(table)))
        if when is None:
            return None
        draft = Draft(replace(query, where=(when.condition,)), [when.words])
        if self.rng.random() < 0.25:
            other = self.of_rows(table)
            if other is not None and len(other[0]) == 1 and other[0][0].item != when.condition.item:
                draft.query = replace(draft.query, where=(*draft.query.where, *other[0]))
                draft.words += ["and", other[1]]
        return draft

    def _when_of(self, table: Table, ref: ColumnRef) -> _When | None:
        phrase = self._phrase(ref)
        if phrase is None:
            return None
        condition = Condition(Item(Term(ref)), phrase.comparison, tuple(map(Value, phrase.times)))
        if phrase.times[0].startswith(BORN):
            return _When(condition, f"{self.rng.choice(('who are ', 'that are ', ''))}{phrase.words}")
        return _When(condition, self._happening(table, ref, phrase))

    def _happening(self, table: Table, ref: ColumnRef, phrase: TimePhrase) -> str:
        """What is said of rows by a date of theirs; the date is not named where there is no other."""
        events, name = self._events(ref), self.words.called(ref)
        said: list[str] = [f"{event} {phrase.words}" for event in events]
        if len(self._timed(table)) == 1:
            said += [phrase.words] * 2
        if not said or self.rng.random() < 0.25:
            is_then = ("whose {} is", "whose {} was", "with a {}", "that have a {}")
            said = [f"{form.format(name)} {phrase.words}" for form in is_then]
        return self.rng.choice(said)

    def _phrase(self, ref: ColumnRef) -> TimePhrase | None:
        column = self.schema.column(ref)
        if column.type == ColumnType.NUMBER:
            return self.phrases.of_years()
        if is_birth(column) and self.rng.random() < 0.55:
            return self.phrases.of_ages()
        if has_hours(column) and self.rng.random() < 0.2:
            return self.phrases.of_hours()
        return self.phrases.of_days()

    def _events(self, ref: ColumnRef) -> list[str]:
        """What people say of rows whose date a column is, by its name."""
        words = set(readable(ref.column).split())
        events = [event for nouns, said in _EVENTS if words & set(nouns) for event in said]
        done = happened(ref.column)
        if done in _BY_THEMSELVES:
            return [*events, f"that {done}"]
        return [*events, *((done, f"that were {done}") if done else ())]

    def _timed(self, table: Table) -> list[ColumnRef]:
        """A table's columns of dates, and of numbers that are years by their names."""
        dates = [
            ref
            for ref in self.conditions.columns(table, ColumnType.DATE)
            if is_of_days(self.schema.column(ref))
        ]
        numbers = self.conditions.columns(table, ColumnType.NUMBER)
        years = [
            ref
            for ref in numbers
            if not self.conditions.is_key(ref) and counts_years(self.schema.column(ref))
        ]
        return [*dates, *years]

    def _part(self, table: Table) -> DatePart | None:
        """A part of a date of a table."""
        dates = [ref for ref in self._timed(table) if self.schema.column(ref).type == ColumnType.DATE]
        if not dates:
            return None
        ref = self.rng.choice(dates)
        parts = [Part.YEAR, Part.MONTH, Part.MONTH, *PART_WORDS]
        if not has_hours(self.schema.column(ref)):
            parts.remove(Part.HOUR)
        return DatePart(ref, self.rng.choice(parts))

    def _part_word(self, part: DatePart) -> str:
        words = {Part.YEAR: ("year",), Part.MONTH: ("month",), **PART_WORDS}[part.part]
        return self.rng.choice(words)

    def _begin(self) -> str:
        return self.rng.choice(BEGINNINGS)


def _is_bare(words: str) -> bool:
    """Whether words say a time alone, and nothing that happened then."""
    return words.split(maxsplit=1)[0] in _BEFORE_TIMES


def _asked(words: str, query: Query) -> Asked:
    """A sentence with its mark, and its query."""
    asks = words.startswith(("What", "Which", "How", "On ", "In ", "At ", "When", "For each"))
    return f"{words[:1].upper()}{words[1:]}{'?' if asks else '.'}", query
