"""What the training commands share."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from searchapp.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from training.code_encoder.dataset import Dataset

_MAX_QUERY_TOKENS = 64


def add_training_arguments(parser: ArgumentParser) -> None:
    """Declare what every training of the code encoder may be told."""
    parser.add_argument("--pairs", type=Path, required=True, help="folder written by mine_pairs")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and model")
    parser.add_argument("--max-tokens", type=int, default=160)
    parser.add_argument(
        "--limit", type=int, help="train on so many pairs, drawn at random, the same for every seed"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--precision",
        choices=["bf16", "fp32"],
        default="bf16",
        help="fp32 on processors without bf16 products",
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--validate-every", type=int, default=100, metavar="STEPS")


def check_pairs(training: "Dataset", held_out: "Dataset", batch: int) -> None:
    """Raise InvalidInput where no language has the pairs of a batch, or none are held out."""
    most = max(Counter(pair.language for pair in training.pairs).values(), default=0)
    if most < batch:
        raise InvalidInput(
            f"A batch is {batch} pairs of one language; no language has more than {most}. "
            "Choose a smaller --batch, or mine more packages."
        )
    if not held_out.pairs:
        raise InvalidInput("No pairs are held out to validate with; mine more packages.")


def chosen_device(name: str) -> Any:
    """The torch device of that name; `auto` is a GPU where there is one. Raises Unavailable without torch."""
    try:
        import torch
    except ImportError as error:
        raise Unavailable("Training needs torch and torch-geometric: run `make models`.") from error
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)


def query_tokenizer(folder: Path) -> Any:
    """A model folder's tokenizer, for queries."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_QUERY_TOKENS)
    return tokenizer


def bar(name: str) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """A function that passes items through as they are, and shows their number under `name` in a bar."""
    return lambda items: tqdm(items, desc=name)
