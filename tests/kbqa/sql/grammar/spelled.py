"""Actions as the text files of this folder have them, over the small database of a shop.

A keyword stands for itself, `city.name` for a column, `*city` for a table, `"Porto"` for a cell's value and
`'30'` for a constant of the question; actions are joined by commas.
"""

from pathlib import Path

from kbqa.decoding.actions import Action, Keyword
from kbqa.sql.grammar import SqlState
from kbqa.sql.grammar.actions import ColumnPointer, NumberPointer, TablePointer, ValuePointer


def spelled(action: Action) -> str:
    match action:
        case Keyword(key=word):
            return str(word)
        case ColumnPointer(key=ref):
            return str(ref)
        case TablePointer(key=table):
            return f"*{table}"
        case ValuePointer(key=(_, value)):
            return f'"{value}"'
        case NumberPointer(key=text):
            return f"'{text}'"
    raise AssertionError(action)


def step(state: SqlState, word: str) -> SqlState:
    """The state after an action, which must be legal and hold."""
    legal = {spelled(action): action for action in state.legal_actions()}
    assert word in legal, f"{word} is not legal at {state.step}: {', '.join(legal)}"
    assert state.holds([legal[word]]) == [True], f"{word} does not hold"
    return state.apply(legal[word])


def cases(path: Path) -> list[list[str]]:
    """The lines of a text file that are no comments, cut at ` | `."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[part.strip() for part in line.split(" | ")] for line in lines if line and line[0] != "#"]
