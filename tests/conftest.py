"""Fixtures that several folders share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import TransactionTestCase, override_settings
from rest_framework.test import APIClient

from codesearch import services
from codesearch.models import Repository
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.emptying import empty_after

ROOT = Path(__file__).parents[1]
FILES = {
    "shop/prices.py": '''"""Prices and discounts."""

VAT = 0.19


class PriceList:
    """Knows what things cost."""

    def price_of(self, article):
        """Return the price of an article in cents."""
        return self.prices[article]


def apply_discount(price, percent):
    """Reduce a price by some per cent."""
    return price * (100 - percent) // 100
''',
    "shop/mail.py": '''import smtplib


def send_confirmation(address, order):
    """Send an email that confirms an order."""
    with smtplib.SMTP("localhost") as server:
        server.sendmail("shop@example.org", address, str(order))


def is_valid_address(address):
    """Check that an email address is well formed."""
    return "@" in address and "." in address.split("@")[1]
''',
    "shop/stock.js": """/** Count how many articles are left on the shelf. */
export function countStock(shelf) {
  return shelf.reduce((sum, box) => sum + box.items, 0);
}
""",
    "tests/test_prices.py": """from shop.prices import apply_discount


def test_apply_discount():
    assert apply_discount(200, 50) == 100
""",
    "README.md": "# Shop\n\nA small shop.\n\n## Install\n\nRun pip install.\n",
    ".gitignore": "secret.py\nbuild/\n",
    "secret.py": "PASSWORD = 1\n",
    "build/out.py": "x = 1\n",
    "logo.png": "\x89PNG",
}


LONG = (
    "tests/product/",
    "tests/browser/",
    "tests/test_threads.py",
    "tests/kbqa/sql/answer/test_asking",
    "tests/kbqa/sql/stores/test_mariadb.py",
    "tests/kbqa/sparql/grammar/test_grammar.py",
    "tests/searchapp/settings/",
    "tests/searchapp/embedded/",
    "tests/searchapp/backup/",
    "tests/searchapp/web/",
    "tests/searchapp/jobs/test_ended_workers.py",
    "tests/searchapp/api/test_contract.py",
    "tests/test_commands.py",
    "tests/evaluation/kbqa/",
    "tests/kbqa/sql/test_three_engines.py",
    "tests/kbqa/sparql/answer/test_asking.py",
    "tests/training/recipes/test_runner.py",
    "tests/test_doors.py",
)
"""What takes longest, and begins first: at the end one process would work on it while the others wait."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, wherever pytest was told to start."""

    def rank(item: pytest.Item) -> int:
        file = item.path.relative_to(ROOT).as_posix()
        return next((place for place, start in enumerate(LONG) if file.startswith(start)), len(LONG))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The database is set up in the embedded services."""


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash passwords at once: how long it takes to try one is Django's matter."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quickly_emptied() -> Iterator[None]:
    """Empty after a test that commits the tables that it wrote to."""
    with patch.object(TransactionTestCase, "_fixture_teardown", empty_after):
        yield


@pytest.fixture(autouse=True)
def _fresh_throttles(request: pytest.FixtureRequest) -> None:
    """Forget the requests that were counted, where the test has a database, and so services at all."""
    fixtures = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if fixtures or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("services")
        cache.clear()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a small project."""
    return write_files(tmp_path / "shop", FILES)


def write_files(root: Path, files: dict[str, str]) -> Path:
    """Write files below `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1" if name.endswith(".png") else "utf-8"))
    return root


Index = Callable[..., Repository]


@pytest.fixture
def index(db: None) -> Index:
    """A function that adds a folder as a repository, or brings it up to date, and checks that it worked."""

    def run(folder: Path, name: str = "shop", **fields: str) -> Repository:
        repository = Repository.objects.filter(name=name).first()
        if repository is None:
            repository, job = services.add_repository(
                name=name, source_kind="folder", location=str(folder), trusted=True, **fields
            )
        else:
            job = services.index_repository(repository)
        run_stages(job.pk, follow=True)
        job.refresh_from_db()
        assert job.state == Job.State.SUCCEEDED, job.error
        repository.refresh_from_db()
        return repository

    return run


@pytest.fixture
def staff(db: None) -> User:
    """An account that may change things."""
    return User.objects.create_user("staff", password="a long password", is_staff=True, is_superuser=True)


@pytest.fixture
def api(staff: User) -> APIClient:
    """An API client of a staff account."""
    client = APIClient()
    client.force_authenticate(staff)
    return client
