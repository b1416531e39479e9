"""Units become graphs: nodes with parents, spans in the encoded text, and a stated cut."""

import numpy as np
import pytest

from codesearch.gnn_coder.features import END_TOKEN, FIRST_TOKEN, IDENTIFIER, NO_NODES, PARENT, Featurizer
from codesearch.gnn_coder.graph import MAX_NODES, SyntaxGraph, syntax_graph
from codesearch.parsing import CodeUnit, parse_file
from codesearch.parsing.dense_text import DenseText, dense_text
from tests.codesearch.gnn_coder.tiny import VOCABULARY, tiny_tokenizer


def graphs_of(path: str, text: str) -> dict[str, tuple[CodeUnit, DenseText, SyntaxGraph | None]]:
    """Unit, text and graph by qualified name."""
    units = parse_file(path, text).units
    return {
        unit.qualified_name: (unit, dense_text(unit), syntax_graph(unit, dense_text(unit))) for unit in units
    }


def spans(dense: DenseText, graph: SyntaxGraph) -> dict[str, list[str]]:
    """Text of the nodes by kind."""
    found: dict[str, list[str]] = {}
    for kind, start, end in zip(graph.inner_kinds, graph.starts, graph.ends, strict=True):
        found.setdefault(kind, []).append(dense.text[start:end])
    return found


def test_nodes_cover_their_source_also_behind_letters_of_several_bytes():
    _, dense, graph = graphs_of(
        "a.py", "# é\nclass Box:\n    def größe(self, ü):\n        return self.list[ü] + 'é'\n"
    )["Box.größe"]
    assert graph is not None
    found = spans(dense, graph)
    assert found["<title>"] == ["größe".join(["box ", ""])] or found["<title>"][0].startswith("box")
    assert found["parameters"] == ["(self, ü)"]
    assert found["subscript"] == ["self.list[ü]"]
    assert found["string"] == ["'é'"]


def test_single_children_are_merged_into_their_parent():
    _, _, graph = graphs_of("a.py", "def f():\n    return g(1)\n")["f"]
    assert graph is not None
    merged = [
        (outer, inner) for outer, inner in zip(graph.kinds, graph.inner_kinds, strict=True) if outer != inner
    ]
    assert ("block", "call") in merged
    assert all(
        children != 1 or kind.startswith("<")
        for children, kind in zip(graph.children, graph.kinds, strict=True)
    )


def test_parents_come_first_and_depth_follows():
    _, _, graph = graphs_of("a.js", "function f(a) { if (a) { return [a, 1]; } return g(a, b); }\n")["f"]
    assert graph is not None
    assert graph.parents[0] == -1
    assert all(parent < node for node, parent in enumerate(graph.parents))
    assert (np.diff(graph.depths) >= 0).all()
    assert graph.children.sum() == len(graph.kinds) - 1


def test_a_class_shows_its_methods_without_their_bodies():
    source = (
        "class A:\n    x = 1\n    def f(self):\n        hidden(1, 2)\n"
        "    y = (3, 4)\n    def g(self):\n        return 2\n"
    )
    _, dense, graph = graphs_of("a.py", source)["A"]
    assert graph is not None
    texts = [text for found in spans(dense, graph).values() for text in found]
    assert "y = (3, 4)" in texts
    assert not any("hidden" in text for text in texts)


def test_documentation_outside_of_the_code_is_a_node():
    _, dense, graph = graphs_of(
        "a.go", "// Add returns the sum of both.\nfunc Add(a, b int) int { return a + b }\n"
    )["Add"]
    assert graph is not None
    assert spans(dense, graph)["<documentation>"] == ["Add returns the sum of both."]


def test_a_large_tree_is_cut_to_what_lies_highest():
    body = "".join(f"    a{number} = f({number}, g(x, {number}))\n" for number in range(60))
    _, _, graph = graphs_of("a.py", f"def f(x):\n{body}")["f"]
    assert graph is not None
    assert len(graph.kinds) == MAX_NODES
    assert graph.depths.max() < 7


def test_a_deep_tree_does_not_matter():
    _, _, graph = graphs_of("a.js", f"function f() {{ return {'[1, ' * 1000}1{']' * 1000}; }}\n")["f"]
    assert graph is not None
    assert len(graph.kinds) <= MAX_NODES


def test_identifiers_and_short_paths_of_them_are_known_as_a_whole(featurizer):
    _, dense, graph = graphs_of("a.rb", "def read(path)\n  list = file(path) + 'path'\n  list.empty?\nend\n")[
        "read"
    ]
    assert {"read", "path", "list", "file", "empty?", "list.empty?"} == set(graph.identifiers) - {""}
    (features,) = featurizer([dense.text], [graph])
    known = [("", *VOCABULARY.identifiers)[number] for number in features.nodes[:, IDENTIFIER]]
    assert known == [
        graph.identifiers[node] if graph.identifiers[node] in VOCABULARY.identifiers else ""
        for node in features.positions
    ]
    assert "read" in known


def test_text_has_no_graph():
    assert [graph for _, _, graph in graphs_of("README.md", "# Title\n\nSome words.\n").values()] == [None]


@pytest.fixture
def featurizer() -> Featurizer:
    tokenizer = tiny_tokenizer()
    tokenizer.enable_truncation(12)
    return Featurizer(tokenizer, VOCABULARY)


def test_nodes_beyond_the_tokens_are_left_out(featurizer):
    unit, dense, graph = graphs_of(
        "a.py", "def read(path):\n    a = list(path)\n    b = sort(a)\n    return write(b, path)\n"
    )["read"]
    (features,) = featurizer([dense.text], [graph])
    assert len(features.tokens) == 12
    assert 0 < len(features.nodes) < len(graph.kinds)
    assert (features.nodes[:, END_TOKEN] <= 11).all()
    assert (features.nodes[:, FIRST_TOKEN] < features.nodes[:, END_TOKEN]).all()
    assert (features.nodes[1:, PARENT] < np.arange(1, len(features.nodes))).all()
    assert unit.kind == "function"


def test_a_unit_without_a_graph_or_words_has_no_nodes(featurizer):
    _, _, graph = graphs_of("a.py", "def read(path):\n    return path\n")["read"]
    plain, empty = featurizer(["read file", ""], [None, graph])
    assert plain.nodes.shape == empty.nodes.shape == NO_NODES.shape
