"""A server for the tests of a module."""

import pytest

from tests.searchapp.web.client import Served


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.held.unlink(missing_ok=True)
    server.process.kill()
    server.process.wait()
    server.listening.close()


@pytest.fixture
def served(server):
    """The server; started where there is none, or a test has stopped it."""
    if server.process is None or server.process.poll() is not None:
        server.start()
    return server


@pytest.fixture
def held(served):
    served.held.with_name("begun").unlink(missing_ok=True)
    served.held.touch()
    yield
    served.held.unlink(missing_ok=True)
