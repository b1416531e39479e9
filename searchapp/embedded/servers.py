"""Processes of a server, found by the folder that they work in: also those that no file names any more."""

from contextlib import suppress
from pathlib import Path

import psutil

_END_SECONDS = 10.0


def is_server_of(process: psutil.Process, name: str, folder: Path) -> bool:
    """Whether a process runs the program `name` in `folder`; one that has ended does not."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE or Path(process.exe()).name != name:
            return False
        return Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False


def servers_of(name: str, folder: Path) -> list[psutil.Process]:
    """All such processes."""
    return [process for process in psutil.process_iter() if is_server_of(process, name, folder)]


def end_all(processes: list[psutil.Process]) -> None:
    """Kill processes and wait until they are gone."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=_END_SECONDS)
