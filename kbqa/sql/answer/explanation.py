"""The steps in which a query was decided, in words."""

from kbqa.decoding.actions import Action, Keyword
from kbqa.decoding.explanation import ShownStep, shown_steps
from kbqa.sql.answer.reading import Reading
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer, Step, TablePointer, ValuePointer, Word
from kbqa.sql.query import Part

_STEPS: dict[str, str] = {
    Step.SELECT: "Show",
    Step.OPERAND: "Of what",
    Step.SECOND: "And what",
    Step.NEXT: "Then",
    Step.TABLE: "Joined with",
    Step.CONDITION: "Where",
    Step.COMPARE: "How compared",
    Step.VALUE: "Compared with",
    Step.GROUP: "For each",
    Step.HAVING: "Only groups whose",
    Step.ORDER: "Sorted by",
    Step.DIRECTION: "Which way",
    Step.LIMIT: "How many",
    Step.VIA: "Joined over",
    Step.PART: "Of which date",
}
_WORDS: dict[str, str] = {
    Word.NONE: "there is no answer",
    Word.END: "the query is complete",
    Word.WITH: "join another table",
    Word.WHERE: "only rows where",
    Word.GROUP: "in groups",
    Word.HAVING: "only groups with",
    Word.ORDER: "sorted",
    Word.ALSO: "or another",
    Word.SELECT: "another query",
    Word.ASC: "upwards",
    Word.DESC: "downwards",
    Word.UNLIMITED: "all",
    Word.ONE: "the first",
    Word.COMPUTED: "what is computed of two columns",
    Word.OF_EACH: "of what each group comes to",
    Word.WHICH: "of which",
    Word.PLACE: "the one at a place",
    Word.EACH: "for each",
    Word.EMPTY: "also those without any",
    Part.YEAR: "the year",
    Part.MONTH: "the month",
    Part.QUARTER: "the quarter",
    Part.MONTH_OF_YEAR: "the month of the year",
    Part.WEEK: "the week",
    Part.DAY: "the day",
    Part.WEEKDAY: "the weekday",
    Part.HOUR: "the hour",
}


def steps_of(reading: Reading) -> list[ShownStep]:
    """The steps of a reading in words."""
    return shown_steps(reading.derivation, _STEPS, action_text)


def action_text(action: Action) -> str:
    """An action in words."""
    match action:
        case Keyword(key=key):
            word = key.removeprefix("set ").removeprefix("operator ")
            return _WORDS.get(word, word.lower())
        case ColumnPointer(key=ref):
            return f"{ref.table}.{ref.column}"
        case TablePointer(key=table):
            return table
        case ValuePointer(text=text) | NumberPointer(text=text):
            return f"“{text}”"
    return action.text
