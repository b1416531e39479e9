"""Django's command line in processes of their own, forked from one that has imported what takes long."""

import os
import runpy
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[3]
_PATIENCE = 300
"""Seconds within which the busiest machine has run a command."""
_forkserver = get_context("forkserver")
# None of them looks at settings, which are still to be read in the process that is forked.
_forkserver.set_forkserver_preload(
    ["authlib", "celery.app", "jsonschema", "numpy", "openvino", "psycopg", "rdflib", "redis.asyncio",
     "sqlalchemy", "sqlglot", "tree_sitter", __name__]
)  # fmt: skip


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of `manage.py` with this environment and no other, and return how it ended."""
    with TemporaryDirectory() as folder:
        process = _forkserver.Process(target=_run, args=(arguments, environment, folder))
        process.start()
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, _PATIENCE)
        out, err = ((Path(folder) / name).read_text() for name in ("out", "err"))
    return subprocess.CompletedProcess(arguments, process.exitcode or 0, out, err)


def _run(arguments: tuple[str, ...], environment: dict[str, str], folder: str) -> None:
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(folder) / name, os.O_CREAT | os.O_WRONLY), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")
