"""A Hugging Face model with random weights writes SQL over the focused schema: whatever it writes runs."""

import pytest
import torch

from kbqa.decoding.pointer_network import load_decoder
from kbqa.decoding.sequence_model import SequenceModel
from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.answer.pipeline import ask
from kbqa.sql.answer.registry import configured_generator
from kbqa.sql.decoder import MODEL_FOLDER
from searchapp.encoders.base import EncoderError
from tests.kbqa.decoding.test_token_constraints import save_model


@pytest.mark.parametrize("kind", ["bart", "gpt2"])
def test_what_a_model_by_chance_writes_runs(kind, shop, tmp_path):
    save_model(kind, tmp_path)
    model, written = SequenceModel(str(tmp_path)), 0
    generator = LocalGenerator(load_decoder(MODEL_FOLDER), sequence_model=model)
    for turn in range(8):
        with torch.no_grad():
            for parameter in model._model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        answer = ask(f"Which customers older than {20 + turn} live in Porto?", shop, generator)
        assert not [reading.error for reading in answer.readings if reading.error]
        written += len(answer.readings)
    assert written > 0  # most sequences by chance run out of tokens before they end


def test_the_settings_choose_what_writes_sql(settings, tmp_path):
    assert configured_generator().sequence_model is None
    save_model("bart", tmp_path)
    settings.SQL_DECODER = {"backend": "huggingface", "model": str(tmp_path)}
    assert isinstance(configured_generator().sequence_model, SequenceModel)
    settings.SQL_DECODER = {"backend": "huggingface", "model": "/none"}
    with pytest.raises(EncoderError, match="no model folder"):
        configured_generator()
