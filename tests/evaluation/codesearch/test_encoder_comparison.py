"""`compare_encoders` on tiny models."""

import io
import json
import shutil

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from codesearch.encoding import QuestionVectors
from evaluation.codesearch.encoder_comparison import (
    compare,
    encoder_of_folder,
    held_out_tasks,
    paired_p_value,
    reciprocal_ranks,
)
from tests.codesearch.gnn_coder.tiny import save_tiny, save_tiny_late
from training.code_encoder.margin import mean_angular_margin
from training.code_encoder.mining import MiningReport, write_pairs
from training.code_encoder.pairs import Pair


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [
        Pair(
            f"{verb} the {thing}",
            f'def {verb}(a, b):\n    """{verb} the {thing}."""\n    return {thing}(a)\n',
            "python",
            "p",
            "a.py",
            verb,
            f"{verb} the {thing}.",
        )
        for verb in ("read", "write", "sort", "get")
        for thing in ("file", "list", "path", "name")
    ]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    save_tiny(folder / "plain", pooling=None)
    for pooling, seed in (("mean", 0), ("ast", 0), ("ast", 1)):
        save_tiny(folder / f"{pooling}{seed}", pooling=pooling, seed=seed)
    return folder


def test_models_are_scored_as_they_serve(pairs, models):
    (documented, bare) = held_out_tasks(pairs, 1000)
    found = compare(
        {"plain": [models / "plain"], "ast": [models / "ast0", models / "ast1"]},
        [documented, bare],
        lambda name: None,
    )
    for outcome, folders in zip(found, (["plain"], ["ast0", "ast1"]), strict=True):
        for task in (documented, bare):
            ranks = []
            for folder in folders:
                encoder = encoder_of_folder(models / folder)
                codes = encoder.encode_code(
                    [text for text, _ in task.codes], [graph for _, graph in task.codes]
                )
                ranks.append(
                    reciprocal_ranks(
                        [QuestionVectors(vector) for vector in encoder.encode(task.queries)], codes, task
                    )
                )
            assert outcome.mrr(task.name) == pytest.approx(np.mean(ranks), abs=0.03)
        assert outcome.functions_a_second > 0
    assert found[1].parameters > found[0].parameters


def test_pieces_count_where_a_model_has_them(pairs, models, tmp_path):
    (_, bare) = held_out_tasks(pairs, 1000)
    shutil.copytree(models / "ast0", tmp_path / "late")
    save_tiny_late(tmp_path / "late")
    without, late = compare(
        {"ast": [models / "ast0"], "late": [tmp_path / "late"]}, [bare], lambda name: None
    )
    encoder, seen = (
        encoder_of_folder(tmp_path / "late"),
        ([text for text, _ in bare.codes], [graph for _, graph in bare.codes]),
    )
    codes = encoder.encode_code(*seen)
    vectors_alone = encoder_of_folder(models / "ast0").encode_code(*seen).vectors
    assert late.margins[bare.name] == pytest.approx(mean_angular_margin(vectors_alone), abs=1e-5)
    ranks = reciprocal_ranks([encoder.encode_question(text) for text in bare.queries], codes, bare)
    assert late.mrr(bare.name) == pytest.approx(ranks.mean(), abs=0.03)
    assert not np.allclose(late.ranks[bare.name], without.ranks[bare.name])


def test_one_table_by_one_command(pairs, models, tmp_path):
    write_pairs(tmp_path, {"train": [], "valid": [], "test": pairs}, MiningReport())
    (tmp_path / "corpus.jsonl").write_text(
        "".join(
            json.dumps({"id": n, "language": "python", "code": each.code}) + "\n"
            for n, each in enumerate(pairs)
        )
    )
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"id": "q", "text": "read a file", "relevant": {"0": 1}}) + "\n"
    )
    out = io.StringIO()
    arguments = [
        f"plain={models / 'plain'}",
        f"mean={models / 'mean0'}",
        f"ast={models / 'ast0'},{models / 'ast1'}",
    ]
    files = {
        "corpus": tmp_path / "corpus.jsonl",
        "queries": tmp_path / "queries.jsonl",
        "pairs": [tmp_path / "test.jsonl.gz"],
    }
    call_command(
        "compare_encoders", *arguments, **files, out=tmp_path / "table.md", stdout=out, stderr=io.StringIO()
    )
    table = (tmp_path / "table.md").read_text()
    assert table.splitlines()[0] == "| MRR (MAM) | plain | mean | ast |"
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == [
        "| corpus, as given",
        "| corpus, bare",
        "| python, documented",
        "| python, bare",
        "| parameters",
        "| functions a second",
    ]
    assert set(json.loads(out.getvalue().splitlines()[-1])["ast"]) == {
        "corpus, as given",
        "corpus, bare",
        "python, documented",
        "python, bare",
    }
    with pytest.raises(CommandError, match="No model in"):
        call_command("compare_encoders", f"gone={tmp_path}", **files)


def test_a_difference_by_chance_has_a_high_p_value():
    rng = np.random.default_rng(0)
    ranks = rng.random(200)
    assert paired_p_value(ranks + rng.normal(0, 0.1, 200), ranks) > 0.05
    assert paired_p_value(ranks + rng.normal(0.05, 0.1, 200), ranks) < 0.01
