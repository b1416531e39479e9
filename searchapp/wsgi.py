"""The WSGI entry point that the web server serves."""

import logging
import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")

application = get_wsgi_application()


def _fail_closed() -> None:
    """What reads here without a request is a mistake, or says so itself."""
    # Its models can be imported only once the applications are there.
    from searchapp import visibility

    visibility.fail_closed()


def _warm_up() -> None:
    """Load models while the first visitor still types.

    Whatever is wrong is told where it matters: at the search.
    """
    from django.db import DatabaseError, connection

    from searchapp.errors import SearchappError
    from searchapp.startup import startups

    try:
        for startup in startups():
            startup.warm_up()
    except (DatabaseError, SearchappError) as error:
        logging.getLogger(__name__).warning("Models could not be loaded: %s", error)
    finally:
        connection.close()


_fail_closed()
threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
