"""What can go wrong with a job."""


class JobError(Exception):
    """The work cannot be done; the message tells the person what to do. Retrying by itself would not help."""


class TransientJobError(JobError):
    """The work could not be done now, but may be soon: an outage, a busy server."""


class JobCancelled(Exception):  # noqa: N818 - an event, not an error
    """Raised inside a stage when its job is being cancelled."""


class InvalidTransition(Exception):  # noqa: N818 - reads as what it is
    """The job is not in a state that allows this."""
