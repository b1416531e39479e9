"""The steps in which a query was decided, in words."""

from collections.abc import Collection, Mapping, Sequence

from kbqa.decoding.actions import Action, Keyword, Kind, VariablePointer
from kbqa.decoding.beam import DerivationStep
from kbqa.decoding.explanation import ShownStep, shown_steps
from kbqa.sparql.decomposition.parts import COMPOSED
from kbqa.sparql.grammar.actions import BackwardPointer, Step, Word

STEP_NAMES: dict[str, str] = {
    Step.HEAD: "Where next",
    Step.RELATION: "Over what",
    Step.TAIL: "To what",
    Step.OR: "Or to what",
    Step.VALUE: "Compared with",
    Step.COLUMN: "Show",
    Step.OF: "Of what",
    Step.COMPARE: "How compared",
    Step.ORDER: "Sorted by",
    Step.LIMIT: "How many",
}
_WORDS: dict[str, str] = {
    Word.NEW: "whatever is there",
    Word.END: "the pattern is complete",
    Word.NOT: "except where",
    Word.EITHER: "one of these",
    Word.OPTIONAL: "where it is known",
    Word.CLOSE: "end of this part",
    Word.STOP: "done",
    Word.ASK: "is it so?",
    Word.ALL: "all solutions",
    Word.ASC: "sorted upwards",
    Word.DESC: "sorted downwards",
    Word.ONE: "the first",
    Word.UNLIMITED: "all",
    Word.NONE: "the graph has no answer",
    Word.OR: "or",
    Word.HAVING: "only groups with",
    Word.AVERAGE: "their average",
}


_UNTOLD: Mapping[str, Collection[Kind]] = {
    Step.HEAD: (Kind.VARIABLE,),
    Step.TAIL: (Kind.KEYWORD, Kind.VARIABLE),
    Step.COLUMN: (Kind.VARIABLE,),
}
"""The kinds of actions at each step that say nothing to a person."""
_ENDS = tuple(map(Keyword, (Word.STOP, Word.END, Word.CLOSE, Word.UNLIMITED)))


def steps_of(derivation: Sequence[DerivationStep]) -> list[ShownStep]:
    """The steps of a derivation in words."""
    return shown_steps(derivation, STEP_NAMES | {COMPOSED: "Put together"}, action_text)


def summary(derivation: Sequence[DerivationStep]) -> str:
    """A reading in a line: the names that it chose, in their order."""
    return " › ".join(
        action_text(step.action)
        for step in derivation
        if step.action.kind not in _UNTOLD.get(step.step, ()) and step.action not in _ENDS
    )


def action_text(action: Action) -> str:
    """An action in words."""
    match action:
        case Keyword(key=word):
            return _WORDS.get(word, word.lower().replace("_", " "))
        case VariablePointer(key=index, introduced_by=by):
            return f"?x{index}" + (f" ({by.text})" if by is not None and by.text else "")
        case BackwardPointer(text=text):
            return f"{text} (backwards)"
    return action.text
