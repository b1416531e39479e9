"""Stops PostgreSQL and Redis after a supervisor that was killed: `python -m searchapp.embedded.caretaker`.

Its input is a pipe of which the supervisor holds the other end; that end closes however the supervisor ends.
"""

import os
import signal
import sys
from pathlib import Path

from searchapp.embedded.services import EmbeddedServices


def main() -> None:
    """Wait until the supervisor of the data folder that is named has ended; then stop what nobody uses."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    services = EmbeddedServices(Path(sys.argv[1]))
    while os.read(0, 1):
        pass
    services.stop_unused()


if __name__ == "__main__":
    main()
