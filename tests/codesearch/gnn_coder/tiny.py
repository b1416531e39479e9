"""A tiny model, saved as training saves one."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from codesearch.gnn_coder.features import Vocabulary
from codesearch.gnn_coder.network import GnnCoder, NetworkConfig
from codesearch.gnn_coder.weights import save_model
from training.code_encoder.late_interaction import LateInteraction
from training.code_encoder.pairs import Pair

VOCABULARY = Vocabulary(
    ("<title>", "<unit>", "block", "function_definition", "identifier", "return_statement"),
    ("read", "file", "write", "list", "name", "path"),
)
WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "def", "return", "import", "read", "file", "write", "list", "sort",
    "name", "a", "b", "x", "y", "self", "(", ")", ":", ",", "+", "=", ".", "get", "the", "of", "path", "_",
]  # fmt: skip


def tiny_tokenizer() -> Tokenizer:
    """Tokenizer of a few words that splits at punctuation."""
    tokenizer = Tokenizer(
        models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def tiny_model(pooling: str | None, seed: int = 0, *, untrained: bool = False) -> GnnCoder:
    """Model of random weights, or as training starts with; without `pooling` the Transformer alone."""
    torch.manual_seed(seed)
    shape = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    config = (
        NetworkConfig(
            VOCABULARY.kinds, VOCABULARY.identifiers, dimension=32, channels=16, pooling=pooling, share=0.7
        )
        if pooling
        else None
    )
    model = GnnCoder(BertModel(shape), config)
    for parameter in model.parameters() if not untrained else ():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def tiny_pairs() -> list[Pair]:
    """Sixteen pairs whose code says what their query does."""
    return [
        Pair(
            f"{verb} the {thing}",
            f"def f(a, b):\n    x = {verb}({thing}, a)\n    return x\n",
            "python",
            "p",
            "a.py",
            "f",
            f"{verb} the {thing}",
        )
        for verb in ("read", "write", "sort", "get")
        for thing in ("file", "list", "path", "name")
    ]


def save_tiny_late(folder: Path, seed: int = 0) -> LateInteraction:
    """Late interaction of random weights, saved in the folder of a tiny model, rounded as it is stored."""
    torch.manual_seed(seed)
    network = LateInteraction(torch.zeros(12, 32), len(VOCABULARY.kinds))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
        parameter.data = parameter.data.half().float()
    network.save(folder)
    return network.eval()


def save_tiny(folder: Path, pooling: str | None = "ast", seed: int = 0) -> GnnCoder:
    """Save a tiny model into the folder and return it, its weights rounded as they are stored."""
    tiny_tokenizer().save(str(folder.parent / "tokenizer.json"))
    model = tiny_model(pooling, seed)
    save_model(model, folder, folder.parent / "tokenizer.json", 64)
    return model
