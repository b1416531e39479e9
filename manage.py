#!/usr/bin/env python
"""Django's command line; with the embedded settings, the services that a command needs run while it does."""

import sys


def main() -> None:
    """Run one management command; an error that a person can do something about ends it in one line."""
    from searchapp.errors import SearchappError
    from searchapp.managing import manage

    try:
        manage(sys.argv[1:], sys.argv[0])
    except SearchappError as error:
        sys.exit(error.message)


if __name__ == "__main__":
    main()
