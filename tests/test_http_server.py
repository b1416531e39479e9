"""The local server that tests use: nothing of it is left where a test expects an error."""

import threading

import pytest

from tests.http_server import Reply, local_server


def test_a_server_ends_with_its_block_however_that_ends():
    before = set(threading.enumerate())
    with pytest.raises(KeyError), local_server(lambda request: Reply()):
        raise KeyError
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive()
