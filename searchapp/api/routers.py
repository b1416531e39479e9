"""The router that every engine's API uses."""

from rest_framework.routers import SimpleRouter


class OptionalSlashRouter(SimpleRouter):
    """Answers with and without a slash at the address's end: programs write both."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"
