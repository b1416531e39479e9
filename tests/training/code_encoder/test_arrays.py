"""Features in flat arrays: what goes in comes out, in memory, on disk and as a Transformer has read it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from codesearch.gnn_coder.features import NO_NODES, Features, Vocabulary
from codesearch.gnn_coder.network import collate
from tests.codesearch.gnn_coder.tiny import tiny_model, tiny_tokenizer
from training.code_encoder import frozen_transformer
from training.code_encoder.dataset import (
    Dataset,
    flat_features,
    load_dataset,
    save_dataset,
    seen_by_encoder,
    variants,
    vocabulary_of,
)
from training.code_encoder.frozen_transformer import with_read, wordings
from training.code_encoder.late_interaction import with_kinds_of
from training.code_encoder.pairs import Pair
from training.code_encoder.trainer import codes_of

CPU = torch.device("cpu")


def unit(tokens, nodes=0, kind=1):
    """A unit of so many tokens, and so many nodes of a kind."""
    rows = np.zeros((nodes, 8), dtype=np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 6] = kind, kind + 1, -1, tokens
    return Features(np.arange(2, tokens + 2, dtype=np.int32), rows if nodes else NO_NODES)


UNITS = [unit(3, 2), unit(1), unit(5, 1, kind=3), unit(2)]


def pair(number, language="python", query="read the file", code="def f(a):\n    return a\n", name="f"):
    return Pair(query, code, language, f"package{number}", "a.py", name, query)


@pytest.mark.parametrize("index", range(len(UNITS)))
def test_each_unit_comes_back_from_flat_arrays(index):
    found = flat_features(UNITS)[index]
    assert found.tokens.tolist() == UNITS[index].tokens.tolist()
    assert found.nodes.tolist() == UNITS[index].nodes.tolist()
    assert (found.tokens.dtype, found.nodes.dtype, found.read) == (np.int32, np.int32, None)


def test_flat_arrays_are_small_and_hold_the_whole_vocabulary():
    flat = flat_features([Features(np.array([0, 65_535], dtype=np.int32), NO_NODES)])
    assert flat.tokens.dtype == np.uint16
    assert flat[0].tokens.tolist() == [0, 65_535]


def test_no_units_are_empty_arrays():
    flat = flat_features([])
    assert (len(flat.tokens), len(flat.token_ends), flat.nodes.shape) == (0, 0, (0, 8))


def test_a_dataset_is_written_and_loaded(tmp_path):
    pairs = [
        pair(0, query="Schließe «ö»\u2028and more"),
        pair(1, "go", code='func f() {\n\t"\\u0085\x0c"\n}'),
    ]
    stored = Dataset(pairs, flat_features(UNITS[:2]), flat_features(UNITS[2:]))
    save_dataset(tmp_path / "data.npz", stored)
    loaded = load_dataset(tmp_path / "data.npz")
    assert loaded.pairs == pairs
    for row, (documented, bare) in enumerate(zip(UNITS[:2], UNITS[2:], strict=True)):
        assert loaded.documented[row].tokens.tolist() == documented.tokens.tolist()
        assert loaded.bare[row].nodes.tolist() == bare.nodes.tolist()


def test_code_is_taken_with_its_documentation_or_without():
    data = Dataset([pair(0), pair(1)], flat_features(UNITS[:2]), flat_features(UNITS[2:]))
    found = codes_of(data, np.array([1, 0]), [True, False])
    assert [len(features.tokens) for features in found] == [2, 3]


def test_kinds_are_numbered_anew_for_another_vocabulary():
    """Of kinds a, b, c the other vocabulary knows c and b; its numbers begin at 1, and 0 is unknown."""
    own, other = Vocabulary(("a", "b", "c"), ()), Vocabulary(("c", "b"), ())
    units = [unit(2, 1, kind=1), unit(2, 1, kind=2), unit(2, 1, kind=0)]
    data = Dataset([pair(0)] * 3, flat_features(units), flat_features(units))
    found = with_kinds_of(data, own, other)
    assert found.bare.nodes[:, :2].tolist() == [[0, 2], [2, 1], [0, 0]]
    assert found.documented.nodes[:, :2].tolist() == [[0, 2], [2, 1], [0, 0]]
    assert data.bare.nodes[:, 0].tolist() == [1, 2, 0], "the data themselves stay"
    assert (found.bare.nodes[:, 2:] == data.bare.nodes[:, 2:]).all()


# --- what an encoder sees


def test_code_alone_is_seen_as_indexing_sees_it():
    text, graph = seen_by_encoder(
        "def load(path):\n    return path\n", "python", "Store.load", "Load a file."
    )
    assert "Load a file." in text
    assert "load" in text
    assert graph is not None


def test_of_several_units_the_longest_function_is_seen():
    short, longer = (
        "    def short(self):\n        return 1\n",
        "    def longer(self, a):\n        return [a, a]\n",
    )
    code = f"class Box:\n{short}\n{longer}"
    text, _ = seen_by_encoder(code, "python")
    assert "longer" in text
    assert "short" not in text


def test_what_does_not_parse_is_seen_as_text():
    text, graph = seen_by_encoder("a heap of words", "cobol")
    assert "a heap of words" in text
    assert graph is None


def test_bare_code_says_nothing_of_its_documentation():
    code = 'def load(path):\n    """Fetch the treasure."""\n    return path\n'
    documented, bare = variants(pair(0, query="Fetch the treasure.", code=code, name="load"))
    assert "treasure" in documented[0]
    assert "treasure" not in bare[0]
    assert "return path" in bare[0]


def test_identifiers_of_few_packages_are_their_own(monkeypatch):
    monkeypatch.setattr("training.code_encoder.dataset._MIN_KIND_COUNT", 4)
    code = "def f(shared):\n    {} = shared\n    return shared\n"
    pairs = [pair(number, code=code.format(f"own{number}")) for number in range(4)]
    found = vocabulary_of(pairs)
    assert "shared" in found.identifiers
    assert not {"own0", "own1", "own2", "own3"} & set(found.identifiers)
    assert list(found.kinds) == sorted(found.kinds)
    assert "identifier" in found.kinds
    assert vocabulary_of([pairs[0]] * 9).identifiers == (), "nine times in one package is one package"


# --- what a Transformer that stays as it is reads


def test_reading_beforehand_is_reading_each_unit(tmp_path):
    model, flat = tiny_model("ast"), flat_features([unit(6, 3), unit(2), unit(9, 1), unit(4, 2)])
    read = with_read(flat, model, CPU, tmp_path / "read.npy", iter)
    for row in range(4):
        with torch.no_grad():
            sequence, contents = model.read(collate([flat[row]]))
        expected = torch.cat([sequence, contents]).numpy()
        np.testing.assert_allclose(read[row].read, expected, atol=5e-3, err_msg=str(row))


def test_reading_is_kept_and_not_done_again(tmp_path):
    model, flat = tiny_model("ast"), flat_features(UNITS)
    first = with_read(flat, model, CPU, tmp_path / "read.npy", iter)
    other = with_read(flat, tiny_model("ast", seed=9), CPU, tmp_path / "read.npy", iter)
    assert np.array_equal(first.read, other.read)
    assert not (tmp_path / "read.partial").exists()
    in_memory = with_read(flat, model, CPU, None, iter)
    assert np.array_equal(in_memory.read, first.read)
    assert (tmp_path / "read.npy").stat().st_size < 10_000


def test_portions_of_tokens_change_nothing(monkeypatch, tmp_path):
    model, flat = tiny_model("ast"), flat_features([unit(number % 5 + 1, number % 3) for number in range(12)])
    whole = with_read(flat, model, CPU, None, iter).read
    monkeypatch.setitem(frozen_transformer._TOKENS_AT_ONCE, "cpu", 6)
    np.testing.assert_allclose(with_read(flat, model, CPU, None, iter).read, whole, atol=5e-3)


def test_each_query_has_its_own_words_first_and_two_others(tmp_path):
    model = tiny_model(None)
    pairs = [pair(0, query="read the file"), pair(1, query="sort list")]
    found = wordings(pairs, model, tiny_tokenizer(), CPU, tmp_path / "queries.npy", iter)
    assert found.shape == (2, 3, 32)
    alone = wordings(pairs[1:], model, tiny_tokenizer(), CPU, tmp_path / "alone.npy", iter)
    np.testing.assert_allclose(found[1, 0], alone[0, 0], atol=5e-3)
    again = wordings(pairs, tiny_model(None, seed=5), tiny_tokenizer(), CPU, tmp_path / "queries.npy", iter)
    assert np.array_equal(found, again), "kept on disk"


def test_features_without_reading_have_none():
    flat = replace(flat_features(UNITS), read=np.arange(7 * 2, dtype=np.float16).reshape(7, 2))
    # Unit 0 has 2 nodes, so rows 0 to 2; unit 1 none, row 3; unit 2 one, rows 4 and 5; unit 3 row 6.
    assert [flat[row].read[:, 0].tolist() for row in range(4)] == [[0, 2, 4], [6], [8, 10], [12]]
