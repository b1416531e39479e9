"""How a query was decided, step by step, in words."""

from collections.abc import Collection, Mapping, Sequence

from kbqa.decoding.actions import Action, Kind
from kbqa.decoding.beam import DerivationStep
from kbqa.decoding.explanation import ShownStep, shown_steps

STEP_NAMES = {
    "HEAD": "Where next",
    "RELATION": "Over what",
    "TAIL": "To what",
    "OR": "Or to what",
    "VALUE": "Compared with",
    "COLUMN": "Show",
    "OF": "Of what",
    "COMPARE": "How compared",
    "ORDER": "Sorted by",
    "LIMIT": "How many",
}
_WORDS = {
    "NEW": "whatever is there",
    "END": "the pattern is complete",
    "NOT": "except where",
    "EITHER": "one of these",
    "OPTIONAL": "where it is known",
    "CLOSE": "end of this part",
    "STOP": "done",
    "ASK": "is it so?",
    "ALL": "all solutions",
    "ASC": "sorted upwards",
    "DESC": "sorted downwards",
    "ONE": "the first",
    "UNLIMITED": "all",
    "NONE": "the graph has no answer",
    "OR": "or",
    "HAVING": "only groups with",
    "AVERAGE": "their average",
}


_UNTOLD: Mapping[str, Collection[Kind]] = {
    "HEAD": (Kind.VARIABLE,),
    "TAIL": (Kind.KEYWORD, Kind.VARIABLE),
    "COLUMN": (Kind.VARIABLE,),
}
"""The kinds of choices at each step that say nothing to a person."""
_ENDS = ("STOP", "END", "CLOSE", "UNLIMITED")


def steps_of(taken: Sequence[DerivationStep]) -> list[ShownStep]:
    """The steps of a reading."""
    return shown_steps(taken, STEP_NAMES, choice_text)


def summary(derivation: Sequence[DerivationStep]) -> str:
    """A reading in a line: the names that it chose, in their order."""
    return " › ".join(
        choice_text(step.choice)
        for step in derivation
        if step.choice.kind not in _UNTOLD.get(step.step, ()) and step.choice.key not in _ENDS
    )


def choice_text(choice: Action) -> str:
    """A choice in words."""
    if choice.kind == Kind.KEYWORD:
        return _WORDS.get(choice.key, str(choice.key).lower().replace("_", " "))
    if choice.kind == Kind.VARIABLE:
        by = choice.introduced_by
        return f"?x{choice.key}" + (f" ({by.text})" if by is not None and by.text else "")
    if choice.kind == Kind.BACKWARD:
        return f"{choice.text} (backwards)"
    return choice.text
