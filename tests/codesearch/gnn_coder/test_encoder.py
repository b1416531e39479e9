"""The encoder in the product: indexing and searches use it, and it says what it looked at."""

import json
import shutil

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from codesearch import services
from codesearch.checks import gnn_coder_weights
from codesearch.encoding import CodeEncoder
from codesearch.gnn_coder.encoder import GnnCoderEncoder, load_gnn_coder
from codesearch.gnn_coder.graph import syntax_graph
from codesearch.gnn_coder.torch_encoder import TorchEncoder
from codesearch.indexing.vectors import serving_index
from codesearch.models import Unit, VectorIndex
from codesearch.parsing import parse_file
from codesearch.parsing.dense_text import dense_text
from codesearch.retrieval import Retriever, search
from codesearch.retrieval.explanation import explain_unit
from searchapp.encoders import EncoderError, EncoderSpec, registry
from searchapp.jobs.runner import run_stages
from tests.codesearch.gnn_coder.tiny import save_tiny

SOURCE = """def read(path):
    # get the file
    file = list(path)
    return file

class Box:
    def write(self, name):
        self.name = sort(name)
        return self.name
"""


@pytest.fixture
def folder(tmp_path):
    save_tiny(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def served(settings, folder):
    """Serve the tiny model."""
    settings.ENCODER = EncoderSpec("gnn_coder", str(folder), max_tokens=64).as_dict()
    return folder


def seen():
    """Texts and graphs of some units, one of them without a tree."""
    units = [*parse_file("a.py", SOURCE).units, *parse_file("a.md", "# read\n\nread the file\n").units]
    dense = [dense_text(unit) for unit in units]
    return [each.text for each in dense], [
        syntax_graph(unit, each) for unit, each in zip(units, dense, strict=True)
    ]


def test_the_product_and_torch_encode_alike(folder):
    texts, graphs = seen()
    assert graphs[-1] is None
    spec = EncoderSpec("gnn_coder", str(folder), max_tokens=64)
    product, torch = GnnCoderEncoder(spec), TorchEncoder(spec)
    codes, same = product.encode_code(texts, graphs), torch.encode_code(texts, graphs)
    assert (codes.token_embeddings, same.token_embeddings) == (None, None)
    for ours, theirs in ((codes.vectors, same.vectors), (product.encode(texts), torch.encode(texts))):
        assert (ours * theirs).sum(axis=1) == pytest.approx(np.ones(len(texts)), abs=5e-3)
    # Without a graph, a text and a unit are the same thing.
    assert product.encode_code(texts[-1:], [None]).vectors[0] @ product.encode(texts[-1:])[
        0
    ] == pytest.approx(1, abs=5e-3)
    assert abs(codes.vectors[0] @ product.encode(texts[:1])[0]) < 0.999


def test_structure_is_indexed_searched_and_explained(served, index, shop, api):
    index(shop)
    assert serving_index().identity.startswith("gnn-coder@")
    assert search("apply a discount", retriever=Retriever.DENSE).hits
    unit = Unit.objects.get(name="apply_discount")
    explanation = explain_unit(unit)
    assert explanation is not None
    assert sum(explanation.lines.values()) + explanation.apart == pytest.approx(1, abs=1e-3)
    assert set(explanation.lines) <= set(range(unit.start_line, unit.end_line + 1))
    weights = [node.weight for node in explanation.nodes]
    assert weights == sorted(weights, reverse=True)
    source = unit.file.blob.text.split("\n")
    for node in explanation.nodes:
        assert node.text.split("\n")[0] in source[node.start_line - 1]

    body = api.get(f"/api/v1/code/units/{unit.pk}/explanation").json()
    assert body["nodes"][0]["weight"] == pytest.approx(weights[0])
    assert set(body["lines"]) == {str(line) for line in explanation.lines}


def test_the_lines_of_a_class_are_those_of_the_file(served, index, tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "box.py").write_text(
        "class Box:\n    def a(self):\n        hidden(\n            1)\n\n    ü = 1\n\n"
        "    def b(self):\n        return 2\n"
    )
    index(tmp_path / "box", "box")
    explanation = explain_unit(Unit.objects.get(name="Box"))
    assert explanation is not None
    assert not {3, 4} & {line for line, weight in explanation.lines.items() if weight > 1e-6}
    assert all(node.start_line in (1, 2, 6, 8) for node in explanation.nodes)


def test_a_page_shows_it(served, index, shop):
    index(shop)
    unit = Unit.objects.get(name="apply_discount")
    page = Client().get(reverse("explain", args=[unit.pk])).content.decode()
    assert 'class="line shade-9"' in page
    assert "The heaviest parts" in page
    assert reverse("explain", args=[unit.pk]) in Client().get("/?q=apply_discount").content.decode()


def test_an_encoder_that_reads_text_alone_says_so(index, shop, api, settings):
    settings.ENCODER = EncoderSpec("openvino", "all-MiniLM-L6-v2").as_dict()
    index(shop)
    unit = Unit.objects.get(name="apply_discount")
    assert explain_unit(unit) is None
    assert api.get(f"/api/v1/code/units/{unit.pk}/explanation").status_code == 404
    assert reverse("explain", args=[unit.pk]) not in Client().get("/?q=apply_discount").content.decode()
    assert "by its text alone" in Client().get(reverse("explain", args=[unit.pk])).content.decode()


def broken(folder, change):
    """Error of a model folder that was changed."""
    change(folder)
    with pytest.raises(EncoderError) as error:
        GnnCoderEncoder(EncoderSpec("gnn_coder", str(folder), max_tokens=64)).encode_code(*seen())
    return str(error.value)


def test_wrong_weights_are_refused(folder, tmp_path):
    def other_dimension(target):
        shape = json.loads((target / "graph.json").read_text())
        (target / "graph.json").write_text(json.dumps(shape | {"dimension": 48}))

    def other_kinds(target):
        (target / "graph.safetensors").unlink()

    def other_levels(target):
        shape = json.loads((target / "graph.json").read_text())
        (target / "graph.json").write_text(json.dumps(shape | {"levels": 3}))

    for number, (change, expected) in enumerate(
        (
            (other_dimension, "another Transformer"),
            (other_kinds, "no graph network"),
            (other_levels, "do not belong together"),
        )
    ):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(folder, copy)
        assert expected in broken(copy, change)
    assert "no model folder" in broken(tmp_path / "nowhere", lambda _: None)


def test_wrong_weights_are_refused_at_start(folder, settings):
    settings.ENCODER = EncoderSpec("gnn_coder", str(folder)).as_dict()
    assert gnn_coder_weights() == []
    shape = json.loads((folder / "graph.json").read_text())
    (folder / "graph.json").write_text(json.dumps(shape | {"kinds": [*shape["kinds"], "another"]}))
    (error,) = gnn_coder_weights()
    assert "do not belong together" in error.msg
    assert "ENCODER_MODEL" in error.hint
    (folder / "graph.json").unlink()
    assert "no graph network" in gnn_coder_weights()[0].msg


def test_the_gpu_has_the_vectors_of_the_cpu(folder):
    texts, graphs = seen()
    with pytest.raises(EncoderError, match="cannot be loaded on cuda:99"):
        load_gnn_coder(EncoderSpec("gnn_coder", str(folder), device="cuda:99"))
    spec = EncoderSpec("gnn_coder", str(folder), max_tokens=64)
    cpu, torch = load_gnn_coder(spec), TorchEncoder(spec)
    assert isinstance(torch, CodeEncoder)
    assert (cpu.identity, cpu.dimension) == (torch.identity, torch.dimension)
    assert torch.encode_code(texts, graphs).vectors.shape == (len(texts), 32)


def test_without_its_model_search_goes_by_words_and_says_so(served, index, shop, api):
    index(shop)
    VectorIndex.objects.update(spec=EncoderSpec("gnn_coder", "/nowhere").as_dict())
    page = Client().get("/?q=discount").content.decode()
    assert "apply_discount" in page
    assert "Found by words alone. There is no model folder /nowhere" in page
    assert "no model folder" in api.get("/api/v1/code/search?q=discount").json()["notice"]
    answer = api.get("/api/v1/code/search?q=discount&retriever=dense")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")


def test_replaced_weights_answer_no_queries_for_the_old_vectors(served, folder, index, shop):
    index(shop)
    assert not services.needs_other_encoder()
    save_tiny(folder, seed=1)
    registry._encoders.clear()
    assert services.needs_other_encoder()
    assert "was replaced" in search("discount").notice
    job = services.switch_encoder()
    run_stages(job.pk, follow=True)
    result = search("discount")
    assert result.hits
    assert result.notice == ""


def test_a_model_that_is_gone_breaks_no_search_by_filters(served, index, shop):
    index(shop)
    VectorIndex.objects.update(spec=EncoderSpec("gnn_coder", "/nowhere").as_dict())
    unit = Unit.objects.get(name="apply_discount")
    assert "apply_discount" in Client().get("/?q=kind:function").content.decode()
    page = Client().get(reverse("explain", args=[unit.pk]))
    assert page.status_code == 503
    assert "no model folder" in page.content.decode()
    assert Client().get(reverse("explain", args=[0])).status_code == 404
