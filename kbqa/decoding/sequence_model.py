"""Any Hugging Face sequence model as the decoder: BART and T5 (encoder and decoder), or a causal model."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    LogitsProcessorList,
)

from kbqa.decoding.beam import Hypothesis, S
from kbqa.decoding.parse import Parses
from kbqa.decoding.token_constraints import GrammarProcessor, TokenTrie
from searchapp.encoders.base import EncoderError
from searchapp.shared import SharedCache

_MAX_TOKENS = 256


class SequenceModel:
    """A model from a folder, and its tokeniser's tokens by their bytes; several threads may share it.

    One of them parses at a time: a call sets how the tokeniser truncates, and generation how the model keeps
    what it has read.
    """

    def __init__(self, folder: str) -> None:
        try:
            config = AutoConfig.from_pretrained(folder)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
            self._model: Any = kind.from_pretrained(folder)
        except (OSError, ValueError) as error:
            raise EncoderError(f"The model {folder} cannot be loaded: {error}") from error
        self._encoder_decoder = bool(config.is_encoder_decoder)
        self._tokens = TokenTrie(self._tokenizer)
        self._model.train(False)
        self._lock = Lock()

    def parse(self, question: str, start: S, width: int) -> Parses[S]:
        """Parses of a question, the best first; none where the model's sequences end too soon."""
        prompt = question if self._encoder_decoder else f"{question}\n"
        with self._lock:
            given = self._tokenizer(prompt, return_tensors="pt", truncation=True)
            prompt_tokens = 1 if self._encoder_decoder else given["input_ids"].shape[1]
            processor = GrammarProcessor(start, self._tokens, prompt_tokens, self._end)
            generated = self._generated(given, processor, width)
        scores = generated.sequences_scores.tolist() if width > 1 else [0.0]
        hypotheses: dict[S, Hypothesis[S]] = {}
        for ids, score in zip(generated.sequences.tolist(), scores, strict=True):
            state = processor.state_of(ids)
            if state is not None:
                hypotheses.setdefault(state, Hypothesis(state, score))
        return Parses(list(hypotheses.values()))

    @property
    def _end(self) -> int:
        """The token that ends a sequence."""
        end = self._model.generation_config.eos_token_id
        return int(end[0] if isinstance(end, list) else end)

    def _generated(self, given: Mapping[str, Any], processor: GrammarProcessor[S], width: int) -> Any:
        """The sequences that the model generates by beam search under a grammar, with their scores."""
        with torch.inference_mode():
            return self._model.generate(
                **given,
                num_beams=width,
                num_return_sequences=width,
                max_new_tokens=_MAX_TOKENS,
                do_sample=False,
                pad_token_id=self._end,
                length_penalty=0.0,
                logits_processor=LogitsProcessorList([processor]),
                return_dict_in_generate=True,
                output_scores=True,
            )


_models = SharedCache[str, SequenceModel](2)


def load_sequence_model(folder: str) -> SequenceModel:
    """The model of a folder or name, loaded once in each process. Raises EncoderError."""
    if not folder or (folder.startswith(("/", ".", "~")) and not Path(folder).expanduser().is_dir()):
        raise EncoderError(f"There is no model folder {folder or '(DECODER_MODEL is empty)'}.")
    path = str(Path(folder).expanduser()) if folder.startswith("~") else folder
    return _models.get(path, lambda: SequenceModel(path))
