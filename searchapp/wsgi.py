"""The WSGI entry point that the web server serves."""

import logging
import os
import sys
import threading

from django.core.wsgi import get_wsgi_application

from searchapp.preflight import SettingsError, require_sound_settings
from searchapp.rejections import rejecting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")

application = rejecting(get_wsgi_application())
try:
    require_sound_settings()
except SettingsError as error:
    print(error.message, file=sys.stderr, flush=True)
    sys.exit(1)


def _fail_closed() -> None:
    """Let what reads here without a request, which is a mistake, see no more than everyone may."""
    from searchapp import visibility

    visibility.fail_closed()


def _warm_up() -> None:
    """Load models while the first visitor still types.

    Whatever is wrong is told where it matters: at the search.
    """
    from django.db import DatabaseError, connection

    from searchapp.errors import SearchappError
    from searchapp.startup import startups
    from searchapp.visibility import SYSTEM, reading_as

    try:
        with reading_as(SYSTEM):
            for startup in startups():
                startup.warm_up()
    except (DatabaseError, SearchappError) as error:
        logging.getLogger(__name__).warning("Models could not be loaded: %s", error)
    finally:
        connection.close()


_fail_closed()
threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
