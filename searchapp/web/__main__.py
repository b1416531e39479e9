"""`python -m searchapp.web`: serves pages and API on HOST and PORT, with WEB_PROCESSES processes.

With `--fd` it is one such process, and serves on the socket of that number which its parent listens on.
"""

import argparse
import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

from searchapp.errors import SearchappError


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m searchapp.web", description=__doc__)
    parser.add_argument("--fd", type=int, help="the number of a socket to serve on, which listens already")
    parser.add_argument("--alive", type=int, help="the number of a pipe to say on that this process works")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "searchapp.settings.embedded")
    if given.fd is not None:
        _serve(socket.socket(fileno=given.fd), given.alive)
        return
    try:
        _supervise()
    except (SearchappError, OSError) as error:
        sys.exit(f"{error}")


def _serve(listening: socket.socket, alive: int | None) -> None:
    from django.conf import settings

    from searchapp.admission import Work
    from searchapp.embedded.heartbeat import speaker
    from searchapp.web.dispatching import Places
    from searchapp.web.server import Limits, Server
    from searchapp.wsgi import application

    limits = Limits(
        connections=settings.WEB_CONNECTIONS,
        line_bytes=settings.WEB_MAX_LINE_BYTES,
        header_bytes=settings.WEB_MAX_HEADER_BYTES,
        body_bytes=settings.WEB_MAX_BODY_BYTES,
        upload_bytes=settings.WEB_MAX_UPLOAD_BYTES,
        spare_bytes=settings.WEB_SPARE_DISK_BYTES,
        request_seconds=settings.WEB_REQUEST_SECONDS,
        bytes_a_second=settings.WEB_BYTES_A_SECOND,
    )
    threads = {Work(kind): max(1, number) for kind, number in settings.WEB_THREADS.items()}
    places = Places(threads, settings.WEB_WAITING, settings.WEB_WAITING_SECONDS)
    Server(application, listening, limits, places).serve(speaker(alive))
    # Threads that still work on what nobody waits for any more keep no process.
    os._exit(0)


def _supervise() -> None:
    import django

    from searchapp.embedded.listening import listening_socket, web_servers
    from searchapp.embedded.supervisor import Family, supervised
    from searchapp.preflight import require_sound_settings
    from searchapp.processes import adopt_orphans

    django.setup()
    # Here and not in what is started: that would be started again and again.
    require_sound_settings()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    host, port = os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "8000")
    with listening_socket(host, port) as listening:
        adopt_orphans()
        family = Family(f"web-{os.getpid()}")
        supervised(web_servers(family, listening, None), family, Path(tempfile.gettempdir()), stop)


if __name__ == "__main__":
    main()
