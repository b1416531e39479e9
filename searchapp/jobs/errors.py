"""What can go wrong with a job."""

from searchapp.errors import Conflict


class JobError(Conflict):
    """The work cannot be done; where `transient`, it may be soon: an outage, a busy server."""


class JobCancelled(Exception):  # noqa: N818 - an event, not an error
    """Raised inside a stage when its job is being cancelled."""


class InvalidTransition(Conflict):
    """The job is not in a state that allows this."""
