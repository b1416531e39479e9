"""Bad days: processes are killed, services restart, two start at once.

Each time the old version serves and work resumes.
"""

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from tests.product.running import ROOT, Product, command_of, wait_for

LONG = (110, 8)
"""Files, and functions in each, of a build that is still encoding when its first portion (512) is told."""


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """Return a running product with a first repository, and no samples."""
    folder = tmp_path_factory.mktemp("product")
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    (data / "samples-added").touch()
    # Waiting asks often, and on a slow machine for long.
    running = Product(
        data, {"SOURCE_ROOTS": str(folder), "LOG_LEVEL": "INFO", "THROTTLE_ANONYMOUS": "100000/min"}
    )
    running.start()
    write_code(folder / "first", 10)
    done = running.manage("index_code", str(folder / "first"))
    assert done.returncode == 0, done.stderr
    yield running
    running.stop()


def write_code(folder, files: int, units: int = 3):
    """Write files of functions, each with a text of its own."""
    folder.mkdir(exist_ok=True)
    for number in range(files):
        body = "".join(
            f"def {folder.name}_{number}_{unit}(value):\n"
            f'    """Compute step {unit} of {folder.name} {number}."""\n    total = {number}\n'
            f"    for each in value:\n        total += each * {unit}\n    return total\n\n\n"
            for unit in range(units)
        )
        (folder / f"module_{number}.py").write_text(body)
    return folder


def start_build(product: Product, name: str) -> None:
    """Queue a build for the product's own worker."""
    script = (
        "import django; django.setup()\n"
        "from codesearch.services import add_repository\n"
        f"add_repository(name={name!r}, source_kind='folder', location={str(product.folder.parent / name)!r})"
    )
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def job_of(product: Product, name: str) -> dict:
    return next((job for job in product.jobs() if job["title"] == f"Index {name}"), {})


def wait_for_success(product: Product, name: str) -> None:
    def has_succeeded() -> bool:
        job = job_of(product, name)
        assert job.get("state") not in ("failed", "cancelled"), job
        return job.get("state") == "succeeded"

    wait_for("the build's end", has_succeeded, evidence=product.evidence)


def wait_until_encoding(product: Product, name: str) -> dict:
    def encoding():
        job = job_of(product, name)
        assert job.get("state") not in ("succeeded", "failed"), job
        return job.get("done", 0) > 0 and "Encoding" in job["message"] and job

    return wait_for("encoding", encoding)


def test_a_second_start_beside_the_first_says_so(product):
    done = subprocess.run(
        [sys.executable, "-m", "searchapp.embedded.up"],
        cwd=ROOT,
        env=product.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"already runs on this data folder ({product.folder}), at {product.url}/" in done.stderr


def test_a_taken_port_is_explained(product, tmp_path):
    environment = {**product.environment, "DATA_DIR": str(tmp_path / "other")}
    done = subprocess.run(
        [sys.executable, "-m", "searchapp.embedded.up"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is taken" in done.stderr


@pytest.mark.parametrize(("characters", "status"), [(15_000, 200), (100_000, 400)])
def test_long_queries_reach_the_search(product, characters, status):
    found, body = product.get("/api/v1/code/search?q=" + "first%20" * (characters // 6))
    assert found == status, body[:300]


def test_a_worker_killed_in_a_build_is_replaced_and_goes_on(product):
    write_code(product.folder.parent / "killed", *LONG)
    start_build(product, "killed")
    before = wait_until_encoding(product, "killed")
    for process in product.processes("celery"):
        process.send_signal(signal.SIGKILL)
    assert product.search("Compute step 1 of first 7")
    wait_for_success(product, "killed")
    assert product.search("killed_7_1")[0]["name"] == "killed_7_1"
    # What had been encoded was not encoded again: the second attempt found less to do.
    status, body = product.get("/api/v1/code/repositories/killed/")
    assert status == 200, body
    assert before["done"] > 0


def test_postgresql_restarts_in_a_build_and_in_searches(product):
    write_code(product.folder.parent / "restarted", *LONG)
    start_build(product, "restarted")
    wait_until_encoding(product, "restarted")
    statuses, ended = [], threading.Event()

    def keep_searching() -> None:
        while not ended.wait(0.05):
            statuses.append(product.get("/api/v1/code/search?q=first")[0])

    searching = threading.Thread(target=keep_searching)
    searching.start()
    restart = (
        "from searchapp.embedded.services import EmbeddedServices; "
        "EmbeddedServices.from_environment().postgres.stop()"
    )
    environment = {**product.environment, "DJANGO_SETTINGS_MODULE": "searchapp.settings.embedded"}
    subprocess.run([sys.executable, "-c", restart], cwd=ROOT, env=environment, check=True)
    wait_for("searches", lambda: product.search("Compute step 1 of first 7"))
    ended.set()
    searching.join()
    assert set(statuses) <= {200, 503}
    wait_for_success(product, "restarted")
    assert product.search("restarted_7_1")[0]["name"] == "restarted_7_1"


def main_processes(product: Product, kind: str) -> list[psutil.Process]:
    """The main process of a part, or one process that it started."""
    children = psutil.Process(product.process.pid).children()
    if kind == "backend":
        return product.processes("postgres: postgres searchapp")[:1]
    if kind == "pool":
        return [
            child
            for worker in main_processes(product, "celery -A searchapp worker")
            for child in worker.children()
        ][:1]
    return [each for each in children if kind in command_of(each)]


@pytest.mark.parametrize(
    "kind",
    [
        *("redis-server", "bin/postgres", "backend", "searchapp.web", "celery -A searchapp worker", "pool"),
        *("celery -A searchapp beat", "searchapp.embedded.caretaker"),
    ],
)
def test_what_is_killed_is_back_and_nothing_else_has_to_be_restarted(product, kind):
    killed = wait_for(kind, lambda: main_processes(product, kind))
    families = [*killed, *(child for each in killed for child in each.children(recursive=True))]
    for each in killed:
        each.kill()
    wait_for("the end of what was killed and its children", lambda: not any(map(is_there, families)))
    wait_for("searches", lambda: product.search("Compute step 1 of first 7"))
    wait_for("health", lambda: product.get("/health")[0] == 200)
    wait_for("its successor", lambda: main_processes(product, kind))


def test_jobs_go_on_after_all_of_that(product):
    write_code(product.folder.parent / "after", 2)
    start_build(product, "after")
    wait_for_success(product, "after")


def is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_with_both_servers_away_every_door_says_when_to_try_again(product):
    paused = main_processes(product, "redis-server") + main_processes(product, "bin/postgres")
    supervisor = psutil.Process(product.process.pid)
    supervisor.suspend()
    for each in paused:
        each.kill()
    try:
        away = '{"postgresql": false, "redis": false}'
        wait_for("the outage", lambda: product.get("/health") == (503, away))
        for path in (
            *("/health", "/", "/?q=x", "/graphs", "/jobs/", "/help", "/sign-in", "/api/v1/code/search?q=x"),
            *("/api/v1/graphs/x/sparql?query=ASK%7B%7D", "/api/v1/jobs/", "/databases/x?q=y"),
        ):
            status, headers, text = product.answer(path)
            assert (path, status, headers.get("Retry-After")) == (path, 503, "5"), text[:300]
            assert "away right now" in text or path == "/health", path
        assert product.get("/static/frontend/app.js")[0] == 200
    finally:
        supervisor.resume()
    wait_for("searches", lambda: product.search("Compute step 1 of first 7"))


def test_ctrl_c_leaves_nothing_and_the_next_start_has_everything(product):
    product.stop()
    assert product.process.returncode == 0, product.log.read_text()
    assert product.left_over() == []
    product.start()
    assert product.search("Compute step 1 of first 7")


def test_a_supervisor_that_is_killed_is_started_over(product):
    os.kill(product.process.pid, signal.SIGKILL)
    product.process.wait()
    wait_for("the end of all", lambda: product.left_over() == [])
    product.start()
    assert product.search("Compute step 1 of first 7")
