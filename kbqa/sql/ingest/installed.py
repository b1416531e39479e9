"""A database of facts that every installation has: its own packages, and the tables that its engines give."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
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
            by_name = {(package.metadata["Name"] or "").lower(): package for package in distributions()}
            numbers = {name: number for number, name in enumerate(sorted(by_name), 1) if name}
            for name, number in numbers.items():
                _write_package(connection, number, by_name[name], numbers)
            for table in fact_tables():
                connection.execute(table.statement)
                for fact in table.rows():
                    connection.execute(f"INSERT INTO {table.name} VALUES ({','.join('?' * len(fact))})", fact)
    finally:
        connection.close()
    new.replace(path)


def _write_package(
    connection: sqlite3.Connection, number: int, package: Distribution, numbers: Mapping[str, int]
) -> None:
    files = list(_files(package))
    row = _package_row(number, package, [size for _, size in files])
    connection.execute(f"INSERT INTO package VALUES ({','.join('?' * len(row))})", row)
    connection.executemany(
        "INSERT INTO file VALUES (?, ?, ?, ?)",
        ((number, name, Path(name).suffix.lstrip("."), size) for name, size in files),
    )
    dependencies = (_dependency(number, text, numbers) for text in package.requires or [])
    connection.executemany(
        "INSERT INTO dependency VALUES (?, ?, ?, ?, ?)", (row for row in dependencies if row is not None)
    )
    classifiers = (text.partition(" :: ") for text in package.metadata.get_all("Classifier") or [])
    connection.executemany(
        "INSERT INTO classifier VALUES (?, ?, ?)", ((number, topic, value) for topic, _, value in classifiers)
    )
    points = ((number, point.name, point.group, point.value) for point in package.entry_points)
    connection.executemany("INSERT INTO entry_point VALUES (?, ?, ?, ?)", points)


def _package_row(number: int, package: Distribution, sizes: Sequence[int]) -> tuple[object, ...]:
    """A row of the table `package`; `sizes` are those of its files in bytes."""
    about = package.metadata
    author = about["Author"] or about["Author-email"]
    naming = (number, about["Name"], package.version, about["Summary"])
    origin = (_license(package), author, _homepage(package), about["Requires-Python"])
    return (*naming, *origin, len(sizes), sum(sizes))


def _files(package: Distribution) -> Iterator[tuple[str, int]]:
    for file in package.files or []:
        if file.suffix != ".pyc":
            yield str(file), file.size or 0


def _dependency(
    number: int, text: str, numbers: Mapping[str, int]
) -> tuple[int, str, str, str, int | None] | None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    optional = "yes" if "extra" in str(requirement.marker or "") else "no"
    required = numbers.get(requirement.name.lower())
    return number, requirement.name, str(requirement.specifier), optional, required


def _license(package: Distribution) -> str | None:
    """A licence in a few words: its expression, its classifier, or a text that is short."""
    about = package.metadata
    expression, classifiers = about["License-Expression"], about.get_all("Classifier") or []
    classified = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    stated = about["License"] or ""
    return expression or (classified[0] if classified else None) or (stated if 0 < len(stated) < 40 else None)


def _homepage(package: Distribution) -> str | None:
    """The address of a package's home page, else of its source."""
    entries = package.metadata.get_all("Project-URL") or []
    addresses = dict(entry.split(", ", 1) for entry in entries if ", " in entry)
    named = (addresses[name] for name in addresses if name.lower() in ("homepage", "source", "repository"))
    return package.metadata["Home-page"] or next(named, None)
