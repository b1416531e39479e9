import io
import json

import pytest
from django.core.management import CommandError, call_command

from evaluation.codesearch.metrics import file_ndcg, percentile, ranking_measures
from training.code_encoder.standalone import strip_docstrings


def test_measures_on_a_ranking_worked_out_by_hand():
    found = ranking_measures(
        {"a": {"1": 1}, "b": {"2": 1}, "c": {"3": 1}}, {"a": ["1", "2"], "b": ["1", "2"], "c": []}
    )
    assert found == {
        "mrr": 0.5,
        "recall@1": 0.3333,
        "recall@10": 0.6667,
        "ndcg@10": pytest.approx(0.5436, abs=1e-4),
    }


def test_file_ndcg_counts_each_file_once():
    assert file_ndcg(["a.py", "a.py", "b.py"], ["a.py", "b.py"]) == pytest.approx(
        (1 + 0.5) / (1 + 0.6309), abs=1e-3
    )
    assert file_ndcg(["src/a.py"], ["a.py"]) == 1
    assert file_ndcg(["ba.py"], ["a.py"]) == 0
    assert file_ndcg(["x"] * 10 + ["a.py"], ["a.py"]) == 0


def test_percentile_is_the_nearest_rank():
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([], 0.5) == 0


def test_docstrings_are_stripped():
    code = (
        'def f(a):\n    """Doc\n    more."""\n    return "kept"\n\n'
        "class A:\n    'x'\n    def m(self):\n        \"one\"\n        pass\n"
    )
    bare = 'def f(a):\n    return "kept"\n\nclass A:\n    def m(self):\n        pass\n'
    assert strip_docstrings(code) == bare


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(command, *arguments) -> dict:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return json.loads(out.getvalue().strip().splitlines()[-1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("retriever", ["lexical", "dense", "hybrid"])
def test_evaluate_code(tmp_path, retriever):
    corpus = lines(
        tmp_path / "corpus.jsonl",
        [
            {
                "id": "1",
                "language": "python",
                "code": 'def add(a, b):\n    """Add two numbers."""\n    return a + b',
            },
            {
                "id": "2",
                "language": "python",
                "code": 'def send(mail):\n    """Send an email."""\n    smtp.send(mail)',
            },
            {"id": "x/3", "language": "java", "code": "int zero() { return 0; }"},
        ][:2],
    )
    queries = lines(
        tmp_path / "queries.jsonl",
        [
            {"id": "q1", "text": 'add "two" numbers lang:x', "relevant": {"1": 1}},
            {"id": "q2", "text": "send email", "relevant": {"2": 1}},
        ],
    )
    found = run(
        "evaluate_code",
        "--corpus",
        corpus,
        "--queries",
        queries,
        "--retriever",
        retriever,
        "--run",
        tmp_path / "run.jsonl",
        "--strip-docstrings",
    )
    assert found["queries"] == found["corpus"] == 2
    assert set(found) == {"mrr", "recall@1", "recall@10", "ndcg@10", "queries", "corpus", "encoder"}
    ranked = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [row["query_id"] for row in ranked] == ["q1", "q2"]
    assert ranked[1]["ranking"][0] == "2"


@pytest.mark.django_db(transaction=True)
def test_evaluate_repositories(tmp_path, shop):
    queries = lines(
        tmp_path / "q.jsonl",
        [
            {
                "id": "a",
                "repository": "shop",
                "query": "PriceList",
                "category": "symbol",
                "relevant": ["shop/prices.py"],
                "secondary": [],
            },
            {
                "id": "b",
                "repository": "shop",
                "query": "how is an order confirmed",
                "category": "architecture",
                "relevant": ["shop/mail.py"],
            },
        ],
    )
    found = run("evaluate_repositories", "--queries", queries, "--sources", tmp_path)
    assert found["by_category"]["symbol"] == 1
    assert found["ndcg@10"] == found["by_repository"]["shop"]
    assert {"ms_p50", "ms_p95"} <= set(found)


def test_malformed_files_are_explained(tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"id": 1, "language": "python", "code": ""}\nnonsense\n')
    with pytest.raises(CommandError, match="line 2"):
        call_command(
            "evaluate_code", "--corpus", str(tmp_path / "bad.jsonl"), "--queries", str(tmp_path / "bad.jsonl")
        )
    with pytest.raises(CommandError, match="no folder for shop"):
        call_command(
            "evaluate_repositories",
            "--queries",
            str(
                lines(
                    tmp_path / "q.jsonl",
                    [{"id": "a", "repository": "shop", "query": "x", "category": "c", "relevant": []}],
                )
            ),
            "--sources",
            str(tmp_path),
        )
