"""`manage.py train_late_interaction`: late interaction over a trained model, or along with a Transformer."""

import json
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from tqdm import tqdm

from searchapp.commands import SearchappCommand
from training.code_encoder.options import (
    add_training_arguments,
    bar,
    check_pairs,
    chosen_device,
    query_tokenizer,
)

if TYPE_CHECKING:
    from codesearch.gnn_coder.network import GnnCoder
    from training.code_encoder.late_interaction import LateTrainer

_CONFIG = ("seed", "batch", "steps", "rate", "dimension", "validate_every", "layers", "transformer_rate")
"""The options that are fields of the trainer's configuration."""


class Command(SearchappCommand):
    """Train late interaction over a model folder, and write that folder with it.

    With `--layers`, those of a Transformer learn along, and it is the Transformer that is written: for a
    graph network, and then late interaction, to be trained over it.
    """

    packages = ("torch", "torch_geometric", "transformers")
    help = (
        "Train late interaction; interrupted, the same command goes on from the last checkpoint. "
        "The last line is one JSON object."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        add_training_arguments(parser)
        parser.add_argument(
            "--model",
            required=True,
            help="folder of a model with a graph network, or the name of the bundled one; "
            "with --layers, of a Transformer",
        )
        parser.add_argument(
            "--layers",
            type=int,
            default=0,
            help="train so many upper layers of a Transformer along, and write the Transformer",
        )
        parser.add_argument(
            "--transformer-rate", type=float, default=3e-5, help="learning rate of those layers"
        )
        parser.add_argument(
            "--keep",
            type=float,
            default=0.0,
            metavar="SHARE",
            help="in the end, set those layers back by this share (WiSE-FT)",
        )
        parser.add_argument(
            "--syntax",
            choices=["yes", "no"],
            default="yes",
            help="whether a token's place in the syntax tree counts",
        )
        parser.add_argument("--dimension", type=int, default=64, help="numbers a token")
        parser.add_argument("--steps", type=int, default=300)
        parser.add_argument("--batch", type=int, default=128)
        parser.add_argument("--rate", type=float, default=1e-3)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        from codesearch.gnn_coder.folder import gnn_coder_folder

        device = chosen_device(options["device"])
        if options["keep"] and not options["layers"]:
            raise CommandError("--keep sets layers back that learn along: it is for --layers.")
        folder, out = gnn_coder_folder(options["model"]), options["out"]
        model = _model_of(folder, options["layers"], device)
        model.bf16 = options["precision"] == "bf16"
        trainer = _trainer(options, folder, model, device)
        out.mkdir(parents=True, exist_ok=True)
        reached = self._train(trainer, trainer.config.steps, out)
        if options["layers"]:
            _save_transformer(model, folder, options["keep"], out / "model")
            reached = trainer.validation()
        else:
            shutil.copytree(folder, out / "model", dirs_exist_ok=True)
            trainer.network.save(out / "model")
        of_run = {
            "mrr": reached,
            "pairs": trainer.pairs,
            "share": trainer.network.share,
            "keep": options["keep"],
        }
        self.stdout.write(json.dumps(of_run | trainer.config.as_dict()))

    def _train(self, trainer: "LateTrainer", steps: int, out: Path) -> dict[str, tuple[float, float]]:
        """Train to the end, with a bar, and a line in `log.jsonl` for every validation; the last of these."""
        reached: dict[str, tuple[float, float]] | None = None
        with (
            tqdm(total=steps, desc="Training", unit=" steps") as progress,
            (out / "log.jsonl").open("a", encoding="utf-8") as log,
        ):
            for at in trainer.run(out / "checkpoint.pt"):
                progress.update(at.step - progress.n)
                progress.set_postfix(loss=f"{at.loss:.3f}")
                if at.mrr is not None:
                    reached = at.mrr
                    log.write(json.dumps({"step": at.step, "loss": round(at.loss, 4), "mrr": at.mrr}) + "\n")
                    log.flush()
        return reached if reached is not None else dict(trainer.validation())


def _trainer(options: dict[str, Any], folder: Path, model: "GnnCoder", device: Any) -> "LateTrainer":
    """What trains late interaction over a model on the prepared pairs."""
    import torch

    from training.code_encoder.dataset import prepared
    from training.code_encoder.late_interaction import LateConfig, LateTrainer, TokenEncoder, with_kinds_of

    training, held_out, of_pairs, vectors = prepared(
        options["pairs"], folder, options["max_tokens"], options["limit"], bar
    )
    check_pairs(training, held_out, options["batch"])
    vocabulary = of_pairs if model.config is None else model.config.vocabulary
    training, held_out = (with_kinds_of(pairs, of_pairs, vocabulary) for pairs in (training, held_out))
    kinds = len(vocabulary.kinds)
    torch.manual_seed(options["seed"])
    config = LateConfig(**{name: options[name] for name in _CONFIG}, syntax=options["syntax"] == "yes")
    reader = TokenEncoder(model, query_tokenizer(folder), kinds, device)
    return LateTrainer(reader, training, held_out, vectors, kinds, config)


def _model_of(folder: Path, layers: int, device: Any) -> "GnnCoder":
    """What is trained over: a Transformer alone where layers of it learn along, else a whole model."""
    from codesearch.gnn_coder.weights import load_model
    from training.code_encoder.fine_tuning import new_model

    model = load_model(folder)
    if layers and model.config is not None:
        raise CommandError(
            f"{folder} holds a graph network, which fits its Transformer as it is. "
            "--layers is for a Transformer alone."
        )
    if not layers and model.config is None:
        raise CommandError(
            f"{folder} holds no graph network, whose kinds of nodes tell a token's place. "
            "Train one with train_gnn_coder."
        )
    return new_model(folder, None, device) if layers else model


def _save_transformer(model: "GnnCoder", start: Path, keep: float, folder: Path) -> None:
    """Set the Transformer back towards its start, and write it."""
    from codesearch.gnn_coder.weights import save_model
    from training.code_encoder.fine_tuning import blend

    blend(model, start, keep)
    save_model(model, folder, start / "tokenizer.json", 256)
