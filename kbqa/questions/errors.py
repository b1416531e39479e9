"""Errors of questions that cannot be asked."""

from searchapp.errors import InvalidInput

MAX_QUESTION_CHARACTERS = 2_000


class QuestionError(InvalidInput):
    """A question cannot be asked as it is; the message says what to change."""

    field = "q"
