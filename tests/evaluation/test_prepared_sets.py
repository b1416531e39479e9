"""Sets that are made of the published ones, from a few lines of each."""

import gzip
import json
import tarfile
import zipfile

import pytest

from evaluation import prepared_sets
from evaluation.prepared_sets import PreparationError, described_columns, prepare, sets_in
from training.json_lines import MalformedFile, read_rows

BIRD = {
    "db_id": "school",
    "table_names_original": ["Pupil"],
    "column_names_original": [[-1, "*"], [0, "Id"], [0, "NumTst"]],
    "column_types": ["text", "integer", "integer"],
}
TABLE = """
| Column | Alias | Type | Description |
|---|---|---|---|
| Id |  | integer | the key |
| NumTst | tests | integer | how many |
"""


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    for name in (
        "knowledge/spider4sparql",
        "databases/spider/database/zoo",
        "databases/bird/dev_descriptions/school",
    ):
        (folder / name).mkdir(parents=True)
    with gzip.open(folder / "knowledge" / "spider4sparql" / "train.jsonl.gz", "wt") as file:
        file.write('{"graph": "gas_company", "question": "a"}\n{"graph": "other", "question": "b"}\n')
    spider = folder / "databases" / "spider"
    (spider / "train.jsonl").write_text('{"db_id": "railway"}\n{"db_id": "other"}\n')
    (spider / "tables.json").write_text(json.dumps([BIRD | {"db_id": name} for name in ("zoo", "absent")]))
    (spider / "database" / "zoo" / "zoo.sqlite").touch()
    bird = folder / "databases" / "bird"
    (bird / "dev_tables.json").write_text(json.dumps([BIRD]))
    (bird / "dev_descriptions" / "school" / "Pupil.md").write_text(TABLE)
    return folder


def test_parts_kept_out_of_training(data, tmp_path):
    prepare(["spider4sparql", "spider"], data, tmp_path / "p")
    assert list(read_rows(tmp_path / "p" / "spider4sparql" / "held-out.jsonl")) == [
        {"graph": "gas_company", "question": "a"}
    ]
    assert list(read_rows(tmp_path / "p" / "spider" / "held-out.jsonl")) == [{"db_id": "railway"}]


def test_schemas_as_lists_of_columns(data, tmp_path, monkeypatch):
    prepare(["bird"], data, tmp_path / "p")
    rows = list(read_rows(tmp_path / "p" / "bird" / "dev-schema.jsonl"))
    assert [(row["table"], row["column"], row["type"], row["description"]) for row in rows] == [
        ("Pupil", "Id", "integer", "the key"),
        ("Pupil", "NumTst", "integer", "tests. how many"),
    ]
    both = list(read_rows(tmp_path / "p" / "bird" / "dev-schema-with-spider.jsonl"))
    assert [row["db_id"] for row in both] == ["school", "school", "zoo", "zoo"]
    monkeypatch.setattr(prepared_sets, "_MAX_MERGED_COLUMNS", 3)
    prepare(["bird"], data, tmp_path / "small")
    assert len(list(read_rows(tmp_path / "small" / "bird" / "dev-schema-with-spider.jsonl"))) == 2


def test_a_bar_in_a_description_ends_no_cell():
    assert list(described_columns("| Id | | int | a \\| b | c |")) == [("id", "a \\| b | c")]
    assert list(described_columns("text | of | no | table")) == []


def test_the_encoder_without_its_parts(tmp_path):
    prepare(["encoders"], tmp_path, tmp_path / "p")
    names = {
        folder.name: {file.name for file in folder.iterdir()}
        for folder in (tmp_path / "p" / "encoders").iterdir()
    }
    assert names["shipped"] - names["graph"] == {"late.safetensors"}
    assert names["graph"] - names["transformer"] == {"graph.json", "graph.safetensors"}
    assert (tmp_path / "p" / "encoders" / "transformer" / "config.json").read_text()


def test_packages_from_their_registries(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "code" / "repositories"
    folder.mkdir(parents=True)
    sources = [
        {"name": "click", "registry": "pip", "package": "click==8.3.2", "root": "click"},
        {"name": "redux", "registry": "npm", "package": "redux@5.0.1", "root": "package/src"},
    ]
    (folder / "sources.json").write_text(json.dumps(sources))

    def download(command, *, cwd, **options):
        if "pip" in command:
            with zipfile.ZipFile(cwd / "click.whl", "w") as wheel:
                wheel.writestr("click/core.py", "x = 1")
        else:
            (tmp_path / "index.ts").write_text("let x")
            with tarfile.open(cwd / "redux.tgz", "w:gz") as tar:
                tar.add(tmp_path / "index.ts", "package/src/index.ts")

    monkeypatch.setattr(prepared_sets.subprocess, "run", download)
    prepare(["repositories"], tmp_path / "data", tmp_path / "p")
    made = tmp_path / "p" / "repositories"
    assert sorted(path.name for path in made.iterdir()) == ["click", "redux"]
    assert (made / "click" / "core.py").exists()
    assert (made / "redux" / "index.ts").exists()


def test_a_set_is_there_as_a_whole_or_not_at_all(tmp_path, data, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr(prepared_sets.subprocess, "run", fail)
    (data / "code" / "repositories").mkdir(parents=True)
    (data / "code" / "repositories" / "sources.json").write_text(
        '[{"name": "a", "registry": "pip", "package": "a", "root": "a"}]'
    )
    with pytest.raises(PreparationError, match="a cannot be downloaded"):
        prepare(["repositories"], data, tmp_path / "p")
    assert not (tmp_path / "p" / "repositories").exists()
    prepare(["spider"], data, tmp_path / "p")
    (data / "databases" / "spider" / "train.jsonl").unlink()
    prepare(["spider", "unknown"], data, tmp_path / "p")
    with pytest.raises(MalformedFile, match=r"train\.jsonl cannot be read"):
        prepare(["spider"], data, tmp_path / "other")


def test_sets_are_known_by_the_commands():
    assert sets_in("x --a $prepared/bird/a.jsonl --b $prepared/spider --c $data/bird") == ["bird", "spider"]
