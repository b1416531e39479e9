"""The running product that tests use: nothing of it is left where it does not start."""

import subprocess
import sys
import time

import pytest

from tests.product import running
from tests.product.running import Product


def test_a_product_that_does_not_start_leaves_no_process(tmp_path, monkeypatch):
    product = Product(tmp_path / "data")
    # A part with a session of its own, as Redis and PostgreSQL are, whose parent goes first.
    part = "import time; time.sleep(600)"
    main = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {part!r}], start_new_session=True)"
    )
    real = subprocess.Popen

    def start(command, **options):
        return real([sys.executable, "-c", f"{main}; {part}"], **options)

    monkeypatch.setattr(running.subprocess, "Popen", start)

    def too_long(what, check):
        deadline = time.monotonic() + 30
        while len(product.family_left()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        raise AssertionError(what)

    monkeypatch.setattr(running, "wait_for", too_long)
    with pytest.raises(AssertionError, match="the first page"):
        product.start()
    assert product.process.poll() is not None
    assert product.family_left() == []
