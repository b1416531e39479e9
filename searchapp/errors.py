"""The one tree of errors that reach a person.

An error says in its message what to do, and by its class which answer of HTTP it is, wherever it is met:
pages, API, commands and jobs read the four attributes of `SearchappError` and know no other class.
"""

from typing import ClassVar

RETRY_AFTER_SECONDS = 5
"""What `Retry-After` says of a state that passes."""


def storable(text: str) -> str:
    """A text as PostgreSQL and JSON can hold it: errors quote what was sent, whatever that is.

    >>> storable("a\\0b\\ud800")
    'a\ufffdb?'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class SearchappError(Exception):
    """Anything that keeps a person from what they wanted.

    `message` is for that person, `transient` tells whether trying the same again later helps, and `field`
    names the input that is meant ("" for none).
    """

    status: ClassVar[int] = 500
    """The answer's status in HTTP."""
    title: ClassVar[str] = "Something went wrong"
    code: ClassVar[str] = "error"
    """The last part of the API's `type`."""
    field: str = ""
    transient: bool = False

    def __init__(self, message: str = "", *, field: str | None = None, transient: bool | None = None) -> None:
        super().__init__(message)
        self.message = storable(message)
        if field is not None:
            self.field = field
        if transient is not None:
            self.transient = transient

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers of the answer: when to try again, where that helps."""
        return {"Retry-After": str(RETRY_AFTER_SECONDS)} if self.transient else {}


class InvalidInput(SearchappError):  # noqa: N818 - reads as what it is
    """What was sent cannot be understood or is not allowed. The API says 400 for it, as its clients know."""

    status = 422
    title = "The request could not be understood"
    code = "invalid"


class Conflict(SearchappError):  # noqa: N818 - reads as what it is
    """The state of things does not allow what was asked for."""

    status = 409
    title = "Not possible now"
    code = "conflict"


class NotReady(Conflict):
    """A source has no version that can be asked yet; it has one once its job has ended."""

    title = "Not ready yet"
    transient = True


class Unavailable(SearchappError):  # noqa: N818 - reads as what it is
    """A service, a store, a database or a model that is needed is away."""

    status = 503
    title = "Not available at the moment"
    code = "unavailable"
