"""A data folder of the test run's own, or of each process of it, made before Django reads its settings."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest

_folder = Path(tempfile.mkdtemp(prefix="searchapp-test-"))
_folder.chmod(0o755)
os.environ["DATA_DIR"] = str(_folder)
# The folder of temporary files that all runs of an account share is closed to others whenever one begins:
# servers of another account, which this run started there, would lose their files.
os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_folder)
# Threads that wait for each other by spinning lose most of their time where the processes outnumber the
# cores, and the networks of tests are too small to share.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What the threads of a test have freed is there for those of the next, instead of for as many anew. Processes
# read it as they begin: the workers that pytest starts, and what they start.
os.environ.setdefault("MALLOC_ARENA_MAX", "2")
# What a busy machine has reached when its time is up is no result that a test could expect.
os.environ["GRAPH_READING_SECONDS"] = os.environ["DATABASE_READING_SECONDS"] = "600"
# Servers of this machine are out of reach, but where a test says otherwise.
os.environ["ALLOWED_PRIVATE_HOSTS"] = "none"
# Playwright's synchronous API runs an event loop in the test's thread, which Django takes for asynchronous
# code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
for _name in ("DATABASE_URL", "REDIS_URL", "ANONYMOUS_READ", "SOURCE_ROOTS", "DJANGO_SETTINGS_MODULE"):
    os.environ.pop(_name, None)


# What the run writes ends with it, so no write need wait for the disk.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


def pytest_configure(config: pytest.Config) -> None:
    """Remove the data folder at the end."""
    config.add_cleanup(lambda: shutil.rmtree(_folder, ignore_errors=True))


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    """PostgreSQL and Redis: started for the first test that needs them, stopped after the last."""
    from searchapp.embedded import postgres
    from searchapp.embedded.services import EmbeddedServices

    with ExitStack() as stack:
        # Clusters that tests start themselves are as durable as a user's.
        with patch.dict(postgres.OPTIONS, _NOT_DURABLE):
            stack.enter_context(EmbeddedServices(_folder).held())
        yield
