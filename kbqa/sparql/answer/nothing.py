"""Questions whose true answer is none, or 0.

Every query that the decoder writes has an answer, so where the truth is none it drops a condition. What a
question names and its reading leaves out gives that away: then the question is read once more, and the last
condition may leave nothing. Such a reading is taken only where it has every word of the question.
"""

from collections.abc import Iterator, Sequence

from kbqa.decoding.actions import Action
from kbqa.decoding.beam import DerivationStep
from kbqa.linking.adjectives import ADJECTIVES
from kbqa.linking.words import COMMON, Span, fold, stem, words_of
from kbqa.sparql.answer.explanation import action_text
from kbqa.sparql.answer.reader import QuestionReader
from kbqa.sparql.decomposition.parts import Composed, Part
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.actions import RelationPointer, Step
from kbqa.sparql.profile import Profile

_PENALTY = 3.0
"""How many nats less likely a reading is for each thing of the question that it leaves out."""
_LIKELY = 0.9
_GRAMMAR = frozenset(
    (
        "any", "no", "not", "than", "more", "less", "fewer", "greater", "most", "least", "number", "count",
        "over", "under", "above", "below", "before", "after", "been", "having", "whose", "ever", "exist",
    )
)  # fmt: skip
"""Words that ask, compare and join."""


def without_answers(question: str, reader: QuestionReader) -> list[Composed]:
    """Readings of a question by which nothing is left, the likeliest first; or others with more of its words.

    None where its reading has all that it names, or where none has more. Raises StoreError, EncoderError.
    """
    (read, linked), parses = reader.linked(question), reader.parses(question)
    best = next((each for each in parses.hypotheses if each.state.answerable), None)
    if best is not None and parses.answerable and not _lacks(read.text, linked, best.derivation):
        return []
    parts = reader.read_with_failing(question, lambda each: -_PENALTY * _left_out(linked, each))
    likeliest = max(parts, key=lambda part: part.probability, default=None)
    before = _left_out(linked, best.derivation) if best else 0
    if likeliest is None or not (
        _is_taken(likeliest, read.text, linked)
        if likeliest.failed
        else _left_out(linked, likeliest.derivation) < before
    ):
        return []
    taken = [part for part in parts if part.failed == likeliest.failed]
    return [
        Composed(part.query, part.probability, part.derivation, notice=_notice(part))
        for part in sorted(taken, key=lambda part: -part.probability)
    ]


def _lacks(question: str, linked: LinkedQuestion, derivation: Sequence[DerivationStep]) -> bool:
    """Whether a reading leaves out what the question surely names, a class, or the property of a number."""
    profile = linked.graph.profile
    left = {stem(word) for word in words_left_out(question, derivation)}
    of_ends = {end for step in derivation for end in _ends_of(step.action, profile)}
    known = profile.stems if linked.numbers else {part for parts in profile.class_stems for part in parts}
    return _left_out(linked, derivation) > 0 or not left.isdisjoint(known - of_ends)


def _ends_of(action: Action, profile: Profile) -> set[str]:
    """The stems of what is at both ends of a relation, which goes without saying."""
    if not isinstance(action, RelationPointer):
        return set()
    known = next((each for each in profile.predicates if each.predicate == action.key), None)
    return set().union(*map(_stems, (*known.domains, *known.ranges))) if known else set()


def _is_taken(part: Part, question: str, linked: LinkedQuestion) -> bool:
    """Whether a reading is of all that a question says; where it is likely, one word may be another."""
    words_at_most = 1 if part.probability >= _LIKELY else 0
    is_whole = not _left_out(linked, part.derivation)
    return is_whole and len(list(words_left_out(question, part.derivation))) <= words_at_most


def _left_out(linked: LinkedQuestion, derivation: Sequence[DerivationStep]) -> int:
    """How many of the things, values and numbers that a question surely names a reading does not have."""
    actions = [step.action for step in derivation]
    spans = [action.span for action in actions if action.span]
    said = set().union(*(_stems(action.text) for action in actions)) if actions else set()
    named = [each for each in linked.entities if each.span and each.features.exact]
    values = [each for each in linked.values if each.span and each.features.exact]
    units = _longest([*named, *values, *linked.numbers])
    return sum(
        not any(_overlap(span, used) for used in spans) and not _stems(text) <= said for span, text in units
    )


def _longest(actions: Sequence[Action]) -> list[tuple[Span, str]]:
    """The spans that are in no longer one, each once, with the text of what is named there."""
    spans = {action.span: action.text for action in actions if action.span}
    return [
        (span, text)
        for span, text in spans.items()
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans)
    ]


def words_left_out(question: str, derivation: Sequence[DerivationStep]) -> Iterator[str]:
    """The words of a question that nothing in a reading is called by, but for those that ask and join."""
    covered: set[str] = set()
    spans = []
    for step in derivation:
        covered |= _stems(step.action.text).union(*map(_stems, step.action.context))
        spans += [step.action.span] if step.action.span else []
    for word in words_of(question):
        is_named = any(_overlap((word.start, word.end), span) for span in spans)
        if word.text in COMMON or word.text in _GRAMMAR or is_named:
            continue
        known = ADJECTIVES.get(word.text)
        stems = {stem(word.text), *(map(stem, known.nouns) if known else ())}
        if covered.isdisjoint(stems):
            yield word.text


def _stems(text: str) -> set[str]:
    return {stem(word) for word in fold(text).split()}


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _notice(part: Part) -> str:
    """What is said of the condition that leaves nothing."""
    last: list[DerivationStep] = []
    if not part.failed:
        return ""
    for step in part.derivation:
        if step.step == Step.COLUMN:
            break
        if step.step in (Step.RELATION, Step.TAIL, Step.VALUE):
            last = [step] if step.step == Step.RELATION else [*last, step]
    words = " ".join(action_text(step.action) for step in last)
    return f"Nothing meets the condition “{words}”; all else that was asked for is there."
