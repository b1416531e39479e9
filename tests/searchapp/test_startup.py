"""What begins with the product: the parts that applications register."""

import pytest

from searchapp import startup
from searchapp.startup import Startup, register_startup, sample_packages, startups


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    monkeypatch.setattr(startup, "_startups", {})


def test_parts_come_in_the_order_in_which_they_were_registered():
    first, second = Startup(), Startup()
    register_startup("b", first)
    register_startup("a", second)
    assert [part is expected for part, expected in zip(startups(), (first, second), strict=True)] == [
        True,
        True,
    ]


def test_an_application_that_registers_again_replaces_its_part():
    register_startup("a", Startup())
    replaced = Startup(is_empty=lambda: False)
    register_startup("a", replaced)
    assert startups() == [replaced]


def test_a_part_that_says_nothing_is_empty_and_does_nothing():
    part = Startup()
    assert part.is_empty()
    assert (part.add_samples(), part.follow_settings(), part.warm_up()) == (None, None, None)


def test_samples_are_folders_of_installed_packages_the_small_one_first(monkeypatch):
    packages = sample_packages()
    assert list(packages) == ["rest_framework", "django"]
    assert (packages["django"] / "__init__.py").is_file()
    monkeypatch.setattr(startup, "_SAMPLE_PACKAGES", ("django", "not_installed_at_all"))
    assert list(sample_packages()) == ["django"]
