"""The one error of the embedded services."""

from searchapp.errors import Unavailable


class ServiceError(Unavailable):
    """A service could not be started or stopped; the message is meant for the person at the terminal."""
