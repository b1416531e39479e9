"""Processes that end with the one that started them."""

import subprocess
import sys

import psutil

from searchapp.processes import bound_to_parent
from tests.product.running import wait_for

_PARENT = """
import subprocess, sys
from searchapp.processes import bound_to_parent
child = subprocess.Popen(bound_to_parent([sys.executable, "-c", "import time; time.sleep(300)"]))
print(child.pid, flush=True)
child.wait()
"""


def test_a_process_ends_with_a_parent_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.wait()
    wait_for("the child's end", lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_what_is_started_by_one_who_has_ended_already_never_begins(tmp_path):
    command = bound_to_parent([sys.executable, "-c", f"open({str(tmp_path / 'began')!r}, 'w')"])
    # The number of another process than the one that starts it: the parent is gone.
    command[4] = "1"
    subprocess.run(command, check=True)
    assert not (tmp_path / "began").exists()


def test_a_bound_command_keeps_its_status_and_its_arguments():
    script = "import sys; sys.exit(len(sys.argv))"
    assert (
        subprocess.run(bound_to_parent([sys.executable, "-c", script, "a b", ""]), check=False).returncode
        == 3
    )
