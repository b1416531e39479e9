"""Batches, padding and the table of backends; no model is loaded."""

import json
import sys
from types import SimpleNamespace

import httpx
import numpy as np
import pytest

from searchapp.encoders import registry
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.batching import batches, encode_in_batches, unique, unit_length
from searchapp.encoders.checks import encoder_settings
from searchapp.encoders.openai import OpenAiEncoder, _vectors
from searchapp.encoders.openvino import digest, infer_in_turns, model_folder, padded
from searchapp.shared import SharedCache


@pytest.mark.parametrize(
    ("lengths", "budget", "expected"),
    [
        ([], 10, []),
        ([5], 10, [[0]]),
        ([1, 3, 2], 6, [[1, 2], [0]]),
        ([2, 2, 2], 4, [[0, 1], [2]]),
        ([2, 2, 2], 6, [[0, 1, 2]]),
        ([20, 1], 10, [[0], [1]]),
        ([0, 0, 0], 2, [[0, 1], [2]]),
        ([1, 1], 0, [[0], [1]]),
    ],
)
def test_batches_hold_the_longest_first_and_fill_the_budget(lengths, budget, expected):
    assert [batch.tolist() for batch in batches(lengths, budget)] == expected


@pytest.mark.parametrize(
    ("texts", "distinct", "inverse"),
    [([], [], []), (["b", "a", "b"], ["b", "a"], [0, 1, 0]), (["", "ü", ""], ["", "ü"], [0, 1, 0])],
)
def test_a_text_is_encoded_once_however_often_it_comes(texts, distinct, inverse):
    found, places = unique(texts)
    assert (found, places.tolist()) == (distinct, inverse)


def test_vectors_come_in_the_order_of_the_texts():
    distinct, encoded = ["b", "aaa", "cc"], []

    def encode(batch):
        encoded.append(batch.tolist())
        return np.array([[len(distinct[index]), index] for index in batch], dtype=np.float32)

    texts = ["b", "aaa", "b", "cc"]
    vectors = encode_in_batches(texts, 2, lambda found: [len(text) for text in found], encode, 4)
    assert vectors.tolist() == [[1, 0], [3, 1], [1, 0], [2, 2]]
    # The longest alone is within the budget of four; then two texts of at most two.
    assert encoded == [[1], [2, 0]]


def test_vectors_are_scaled_to_the_length_of_one_and_zeros_stay():
    scaled = unit_length(np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]]))
    assert np.allclose(scaled, [[0.6, 0.8], [0, 0], [-1, 0]])
    assert scaled.dtype == np.float32


@pytest.mark.parametrize(("longest", "step", "width"), [(1, 8, 8), (8, 8, 8), (9, 8, 16), (17, 16, 32)])
def test_tokens_are_padded_to_a_multiple(longest, step, width):
    ids, mask = padded([list(range(1, longest + 1)), [7]], step)
    assert ids.shape == mask.shape == (2, width)
    assert (mask.sum(axis=1).tolist(), ids[1, :2].tolist()) == ([longest, 1], [7, 0])
    assert ids[0, longest - 1] == longest


@pytest.mark.parametrize("requests", [1, 2, 3, 10])
def test_results_come_in_turn_with_so_many_requests_at_once(requests):
    made = []

    class Request:
        def start_async(self, inputs):
            self.output_tensors = [SimpleNamespace(data=inputs[0] * 10)]

        def wait(self):
            pass

    def create():
        made.append(Request())
        return made[-1]

    model = SimpleNamespace(create_infer_request=create)
    turns = infer_in_turns(model, requests, iter([1, 2, 3, 4, 5]), lambda batch: [batch])
    assert [(batch, results) for batch, results in turns] == [(n, [n * 10]) for n in range(1, 6)]
    assert len(made) == min(requests, 5)


def test_a_models_file_is_known_by_its_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert digest(tmp_path / "a") == "ba7816bf8f01"


def test_a_model_is_the_bundled_one_or_a_folder(tmp_path, monkeypatch):
    assert (model_folder("all-MiniLM-L6-v2") / "config.json").is_file()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert model_folder("~") == tmp_path
    with pytest.raises(EncoderError, match="no model folder"):
        model_folder(str(tmp_path / "none"))


class TestRegistry:
    @pytest.fixture(autouse=True)
    def backend(self, monkeypatch):
        """Let a module bring the backend `counting`."""
        self.loaded = []
        module = SimpleNamespace(make=lambda spec: self.loaded.append(spec) or SimpleNamespace(spec=spec))
        monkeypatch.setitem(sys.modules, "counting_backend", module)
        monkeypatch.setattr(registry, "BACKENDS", dict(registry.BACKENDS))
        monkeypatch.setattr(registry, "_encoders", SharedCache(8))
        registry.register_backend("counting", "counting_backend", "make")

    def test_an_encoder_is_loaded_once_for_each_specification(self):
        one, other = EncoderSpec("counting", "a"), EncoderSpec("counting", "b")
        assert registry.load_encoder(one) is registry.load_encoder(EncoderSpec("counting", "a"))
        assert registry.load_encoder(other).spec == other
        assert self.loaded == [one, other]

    def test_a_backend_that_is_not_known_is_told_with_those_that_are(self):
        with pytest.raises(EncoderError, match=r"no encoder backend 'magic'; choose one of .*counting"):
            registry.load_encoder(EncoderSpec("magic", "a"))

    def test_an_encoder_that_failed_to_load_is_tried_again(self, monkeypatch):
        def fail(spec):
            raise EncoderError("away")

        monkeypatch.setattr(sys.modules["counting_backend"], "make", fail)
        for _ in range(2):
            with pytest.raises(EncoderError, match="away"):
                registry.load_encoder(EncoderSpec("counting", "a"))

    def test_the_settings_choose(self, settings):
        settings.ENCODER = {"backend": "counting", "model": "m", "url": "", "device": "cpu", "max_tokens": 7}
        assert registry.get_encoder().spec == EncoderSpec("counting", "m", "", "cpu", 7)
        assert registry.configured_spec().as_dict() == settings.ENCODER


@pytest.mark.parametrize(
    ("changes", "identifiers"),
    [
        ({}, []),
        ({"backend": "magic"}, ["encoders.E001"]),
        ({"backend": "openai"}, ["encoders.E002"]),
        ({"backend": "openai", "url": "http://x/v1"}, []),
        ({"backend": "openai", "url": "http://x/v1", "model": ""}, ["encoders.E004"]),
        ({"backend": "huggingface"}, ["encoders.E003"]),
        ({"backend": "huggingface", "model": ""}, ["encoders.E004"]),
    ],
)
def test_settings_of_the_encoder_are_checked(settings, monkeypatch, changes, identifiers):
    monkeypatch.setattr("searchapp.encoders.checks.find_spec", lambda _: None)
    settings.ENCODER = {"backend": "openvino", "model": "m", "url": "", **changes}
    problems = encoder_settings()
    assert [problem.id for problem in problems] == identifiers
    assert all(problem.hint for problem in problems)


class TestOpenAi:
    @pytest.fixture
    def encoder(self, settings, monkeypatch):
        """An encoder whose server answers with the length and number of each text."""
        settings.ENCODER_API_KEY = "key"
        self.asked = []

        def answer(request):
            body = json.loads(request.content)
            self.asked.append(
                (str(request.url), request.headers["Authorization"], body["model"], body["input"])
            )
            rows = [{"index": n, "embedding": [len(text), 0.0]} for n, text in enumerate(body["input"])]
            return httpx.Response(200, json={"data": rows})

        client = httpx.Client
        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(httpx, "Client", lambda **options: client(**options, transport=transport))
        return OpenAiEncoder(EncoderSpec("openai", "m", url="http://x.example/v1/", max_tokens=2))

    def test_the_model_is_asked_at_its_address_with_the_key(self, encoder):
        assert self.asked == [("http://x.example/v1/embeddings", "Bearer key", "m", ["dimension"])]
        assert (encoder.dimension, encoder.identity) == (2, "m@http://x.example/v1/2")

    def test_texts_are_cut_and_an_empty_one_is_a_space(self, encoder):
        vectors = encoder.encode(["", "x" * 100, ""])
        # Four characters a token; servers refuse a text of nothing.
        assert sorted(self.asked[1][3]) == [" ", "x" * 8]
        assert vectors.tolist() == [[1, 0], [1, 0], [1, 0]]

    def test_without_an_address_it_is_told(self):
        with pytest.raises(EncoderError, match="needs ENCODER_URL"):
            OpenAiEncoder(EncoderSpec("openai", "m"))

    def test_rows_are_put_in_order(self):
        rows = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
        assert _vectors(httpx.Response(200, json={"data": rows}), 2) == [[1.0], [2.0]]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"data": [{"index": 0, "embedding": [1.0]}]}, "returned 1 vectors for 2 texts"),
            ({"data": [{"embedding": [1.0]}]}, "not in the OpenAI format"),
            ({"error": "x"}, "not in the OpenAI format"),
            ([1, 2], "not in the OpenAI format"),
        ],
    )
    def test_an_answer_of_another_form_is_told(self, body, message):
        with pytest.raises(EncoderError, match=message):
            _vectors(httpx.Response(200, json=body), 2)
