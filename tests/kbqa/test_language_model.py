"""A real server of chat completions, with a model that the test makes: nothing that it says does harm, and
what it is asked it understands.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from kbqa.language_model import ChatServer, ServerConfig, ServerError, configured_server
from kbqa.sparql.sources import services as graphs
from kbqa.sql.answer import pipeline
from kbqa.sql.sources import services as databases
from tests.kbqa.sql.conftest import connect, shop_file

__all__ = ["connect", "shop_file"]

TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"


def save_model(folder: Path) -> None:
    """Save a causal model with random weights, a byte-level tokeniser and a chat template."""
    torch.manual_seed(0)
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["SELECT name FROM city", "1. 2. 3."], trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="</s>", chat_template=TEMPLATE
    )
    wrapped.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8192,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return the address of `transformers serve`, which has loaded the model."""
    folder = tmp_path_factory.mktemp("chat") / "model"
    save_model(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "transformers"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    command = [
        str(program),
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--device",
        "cpu",
        str(folder),
    ]
    with (
        (folder.parent / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/health").is_success:
                        break
                except httpx.HTTPError:
                    pass
                assert server.poll() is None, (folder.parent / "log").read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1", str(folder)
        finally:
            server.terminate()


@pytest.fixture
def server(address, settings) -> ChatServer:
    """Let the settings name the server, and return it."""
    settings.LANGUAGE_MODEL_ADDRESS, settings.LANGUAGE_MODEL = address
    found = configured_server()
    assert found is not None
    return found


def test_it_answers(server):
    assert isinstance(server.complete([{"role": "user", "content": "Hello"}], most_tokens=4), str)


def test_a_model_that_is_not_there_is_an_error(address):
    with pytest.raises(ServerError, match="does not answer"):
        ChatServer(ServerConfig(address[0].removesuffix("/v1"), "nothing")).complete(
            [{"role": "user", "content": "Hello"}]
        )


def test_a_database_is_asked(server, connect, monkeypatch):
    monkeypatch.setattr(pipeline, "SURE", 1.1)
    answer, _ = databases.ask(connect(), "how many customers are there?")
    assert "wrote nothing that works" in answer.notice, "with random weights it writes no SQL"
    assert answer.readings[0].result.rows == ((5,),)


def test_a_graph_is_asked(server, load):
    answer, _ = graphs.ask(load(), "who directed Silent Harbour?")
    reading = answer.readings[0]
    assert reading.holds is not None or reading.solutions.rows, "whatever it chooses, the query holds"
