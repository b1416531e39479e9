"""The one error of the embedded services."""


class ServiceError(RuntimeError):
    """A service could not be started or stopped; the message is meant for the person at the terminal."""
