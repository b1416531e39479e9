"""A database of real facts that every installation has: its own packages, and what its other engines tell of
themselves.
"""

import sqlite3
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from searchapp.sharing.fact_tables import fact_tables

_TABLES = """
CREATE TABLE package (
    package_id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, summary TEXT, license TEXT,
    author TEXT, homepage TEXT, requires_python TEXT, number_of_files INTEGER NOT NULL,
    size_in_bytes INTEGER NOT NULL);
CREATE TABLE dependency (
    package_id INTEGER NOT NULL REFERENCES package (package_id), required_name TEXT NOT NULL,
    version_range TEXT, optional TEXT NOT NULL, required_package_id INTEGER REFERENCES package (package_id));
CREATE TABLE classifier (
    package_id INTEGER NOT NULL REFERENCES package (package_id), topic TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE entry_point (
    package_id INTEGER NOT NULL REFERENCES package (package_id), name TEXT NOT NULL,
    entry_point_group TEXT NOT NULL, target TEXT NOT NULL);
CREATE TABLE file (
    package_id INTEGER NOT NULL REFERENCES package (package_id), path TEXT NOT NULL, extension TEXT NOT NULL,
    size_in_bytes INTEGER);
"""


def write_installed(path: Path) -> None:
    """Write the database anew; readers of the old one are not disturbed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    connection = sqlite3.connect(new)
    try:
        with connection:
            connection.executescript(_TABLES)
            found = {(each.metadata["Name"] or "").lower(): each for each in distributions()}
            packages = {
                name: (number, each) for number, (name, each) in enumerate(sorted(found.items()), 1) if name
            }
            for number, each in packages.values():
                _write_package(
                    connection, number, each, {name: place for name, (place, _) in packages.items()}
                )
            for table in fact_tables():
                connection.execute(table.statement)
                for fact in table.rows():
                    connection.execute(f"INSERT INTO {table.name} VALUES ({','.join('?' * len(fact))})", fact)
    finally:
        connection.close()
    new.replace(path)


def _write_package(
    connection: sqlite3.Connection, number: int, each: Distribution, numbers: dict[str, int]
) -> None:
    about, files = each.metadata, list(_files(each))
    row = (
        number,
        about["Name"],
        each.version,
        about["Summary"],
        _license(each),
        about["Author"] or about["Author-email"],
        _homepage(each),
        about["Requires-Python"],
        len(files),
        sum(size for _, size in files),
    )
    connection.execute(f"INSERT INTO package VALUES ({','.join('?' * len(row))})", row)
    connection.executemany(
        "INSERT INTO file VALUES (?, ?, ?, ?)",
        ((number, name, Path(name).suffix.lstrip("."), size) for name, size in files),
    )
    dependencies = (
        found for text in each.requires or [] if (found := _dependency(number, text, numbers)) is not None
    )
    connection.executemany("INSERT INTO dependency VALUES (?, ?, ?, ?, ?)", dependencies)
    classifiers = (text.partition(" :: ") for text in about.get_all("Classifier") or [])
    connection.executemany(
        "INSERT INTO classifier VALUES (?, ?, ?)", ((number, topic, value) for topic, _, value in classifiers)
    )
    points = ((number, point.name, point.group, point.value) for point in each.entry_points)
    connection.executemany("INSERT INTO entry_point VALUES (?, ?, ?, ?)", points)


def _files(each: Distribution) -> Iterator[tuple[str, int]]:
    for file in each.files or []:
        if file.suffix != ".pyc":
            yield str(file), file.size or 0


def _dependency(
    number: int, text: str, numbers: dict[str, int]
) -> tuple[int, str, str, str, int | None] | None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    optional = "yes" if "extra" in str(requirement.marker or "") else "no"
    return (
        number,
        requirement.name,
        str(requirement.specifier),
        optional,
        numbers.get(requirement.name.lower()),
    )


def _license(each: Distribution) -> str | None:
    """A licence in a few words: its expression, its classifier, or a text that is short."""
    about = each.metadata
    expression = about["License-Expression"]
    classified = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    stated = about["License"] or ""
    return expression or (classified[0] if classified else None) or (stated if 0 < len(stated) < 40 else None)


def _homepage(each: Distribution) -> str | None:
    addresses = dict(
        text.split(", ", 1) for text in each.metadata.get_all("Project-URL") or [] if ", " in text
    )
    return each.metadata["Home-page"] or next(
        (addresses[name] for name in addresses if name.lower() in ("homepage", "source", "repository")), None
    )
