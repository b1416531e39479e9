import ctypes
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchapp.encoders import EncoderError, EncoderSpec, get_encoder, load_encoder
from searchapp.encoders.batching import batches, unique
from searchapp.encoders.openvino import OpenVinoEncoder
from tests.http_server import Reply, Request, local_server
from tests.threads import in_threads

TEXTS = ["def add(a, b): return a + b", "send an email", "", "send an email", "x " * 2000]


@given(st.lists(st.integers(1, 500), max_size=60), st.integers(1, 2000))
def test_batches_cover_everything_within_the_budget(lengths, budget):
    found = list(batches(lengths, budget))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= budget


@given(st.lists(st.text(max_size=3)))
def test_unique_texts_restore_the_list(texts):
    distinct, inverse = unique(texts)
    assert [distinct[index] for index in inverse] == texts
    assert len(set(distinct)) == len(distinct)


def test_openvino_agrees_with_torch():
    from sentence_transformers import SentenceTransformer

    from searchapp.encoders.openvino import model_folder

    ours = load_encoder(EncoderSpec("openvino", "all-MiniLM-L6-v2", max_tokens=256)).encode(TEXTS)
    model = SentenceTransformer(str(model_folder("all-MiniLM-L6-v2")), device="cpu")
    model.max_seq_length = 256
    theirs = model.encode(TEXTS, normalize_embeddings=True)
    assert ours.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-3)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert np.array_equal(ours[1], ours[3])


def test_no_texts_are_no_vectors():
    assert get_encoder().encode([]).shape == (0, 384)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """Save a BERT of two tiny layers with a vocabulary of single characters, as Hugging Face saves models."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{each}" for each in "abcdefghijklmnopqrstuvwxyz"),
    ]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_any_hugging_face_model_loads_and_both_backends_agree(tiny_model):
    texts = ["abc", "hello world", "a b c " * 40]
    torch_encoder = load_encoder(EncoderSpec("huggingface", str(tiny_model), max_tokens=32))
    openvino_encoder = load_encoder(EncoderSpec("openvino", str(tiny_model), max_tokens=32))
    ours, theirs = openvino_encoder.encode(texts), torch_encoder.encode(texts)
    assert ours.shape == theirs.shape == (3, 32)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert torch_encoder.identity == openvino_encoder.identity


class SignalStack(ctypes.Structure):
    """Where a thread's signal handlers run, as `sigaltstack` tells."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))

    @classmethod
    def of_this_thread(cls):
        stack = cls()
        ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack))
        return stack

    @property
    def is_there(self):
        """Whether its memory is the process's still; a thread without a stack for signals uses its own."""
        ranges = (line.split(maxsplit=1)[0] for line in Path("/proc/self/maps").read_text().splitlines())
        bounds = ([int(bound, 16) for bound in each.split("-")] for each in ranges)
        return not self.start or any(first <= self.start < end for first, end in bounds)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="tells where memory is as Linux does")
@pytest.mark.parametrize("backend", ["huggingface", "openvino"])
def test_threads_that_share_an_encoder_are_given_their_own_vectors(tiny_model, backend):
    """One text and many, short and long: each way has requests and a tokeniser of its own kind."""
    encoder = load_encoder(EncoderSpec(backend, str(tiny_model), max_tokens=32))
    texts = [["a" * length, "b c", "x y " * length][: 1 + length % 3] for length in range(1, 17)]
    alone = [encoder.encode(each) for each in texts]

    def ask(thread: int) -> float:
        order = [(thread + number) % 16 for number in range(48)]
        return min((encoder.encode(texts[each]) * alone[each]).sum(axis=1).min() for each in order)

    assert min(in_threads(8, ask)) > 0.99


def test_models_leave_signals_a_stack_when_they_go(tiny_model):
    """A signal for a thread whose stack for signals is gone ends the process (exit status 139)."""
    found = []

    def load_and_free():
        older, younger = (OpenVinoEncoder(EncoderSpec("openvino", str(tiny_model))) for _ in range(2))
        del older
        del younger
        found.append(SignalStack.of_this_thread().is_there)

    thread = threading.Thread(target=load_and_free)
    thread.start()
    thread.join()
    assert found == [True]


def test_a_model_that_is_not_there_is_explained(tmp_path):
    with pytest.raises(EncoderError, match="There is no model folder"):
        load_encoder(EncoderSpec("openvino", str(tmp_path / "none")))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(EncoderSpec("huggingface", str(tmp_path / "none")))
    with pytest.raises(EncoderError, match="no encoder backend"):
        load_encoder(EncoderSpec("magic", "x"))


@pytest.fixture
def embeddings_server():
    """Serve `/v1/embeddings` over HTTP; `answers` holds what to do instead, if anything."""
    answers: list[tuple[int, str]] = []

    def answer(request: Request) -> Reply:
        status, body = answers.pop(0) if answers else (200, "")
        if not body:
            rows = [
                {"index": index, "embedding": [float(len(text)), 1.0, 0.0]}
                for index, text in enumerate(json.loads(request.body)["input"])
            ]
            body = json.dumps({"data": rows[::-1]})
        headers = {"Location": "/elsewhere"} if status in range(300, 400) else {}
        return Reply(body.encode(), status, headers)

    with local_server(answer) as server:
        yield f"{server.address}/v1", answers


def test_an_openai_compatible_server(embeddings_server):
    url, answers = embeddings_server
    encoder = load_encoder(EncoderSpec("openai", "some-model", url=url))
    vectors = encoder.encode(["aa", "bbbb", "aa"])
    assert encoder.dimension == 3
    assert np.allclose(vectors[0], np.array([2, 1, 0]) / np.sqrt(5))
    assert np.array_equal(vectors[0], vectors[2])
    answers.append((503, "busy"))
    with pytest.raises(EncoderError) as busy:
        encoder.encode(["x"])
    assert busy.value.transient
    answers.append((200, "<html>"))
    with pytest.raises(EncoderError, match="not in the OpenAI format") as wrong:
        encoder.encode(["x"])
    assert not wrong.value.transient


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_of_an_embeddings_server_is_not_followed(embeddings_server, status):
    url, answers = embeddings_server
    encoder = load_encoder(EncoderSpec("openai", "some-model", url=url))
    answers.append((status, "elsewhere"))
    with pytest.raises(EncoderError, match=f"answered {status}"):
        encoder.encode(["x"])


def test_a_server_that_is_not_there_is_transient():
    with pytest.raises(EncoderError) as error:
        load_encoder(EncoderSpec("openai", "m", url="http://127.0.0.1:9/v1"))
    assert error.value.transient
