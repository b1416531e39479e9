"""`manage.py train_gnn_coder`: from mined pairs to a model folder."""

import json
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
    import numpy as np
    from numpy.typing import NDArray

    from codesearch.gnn_coder.features import Vocabulary
    from codesearch.gnn_coder.network import GnnCoder, NetworkConfig
    from training.code_encoder.dataset import Dataset, FlatFeatures
    from training.code_encoder.trainer import Trainer, TrainingConfig, Validation


class Command(SearchappCommand):
    """Train the Transformer, with or without the graph network, and write the model."""

    packages = ("torch", "torch_geometric", "transformers")
    help = (
        "Train the code encoder; interrupted, the same command goes on from the last checkpoint. "
        "The last line is one JSON object."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        add_training_arguments(parser)
        parser.add_argument(
            "--transformer",
            help="folder of a Hugging Face encoder to start from; by default all-MiniLM-L6-v2",
        )
        self._add_network_arguments(parser)
        parser.add_argument("--loss", choices=["symmetric", "individual"], default="symmetric")
        parser.add_argument("--epochs", type=float, default=1.0)
        parser.add_argument("--batch", type=int, default=256)
        parser.add_argument(
            "--rate",
            type=float,
            default=3e-5,
            help="learning rate of the Transformer; 0 leaves it as it is and reads code once",
        )
        parser.add_argument(
            "--keep",
            type=float,
            default=0.0,
            metavar="SHARE",
            help="in the end, set back by this share what was trained (WiSE-FT)",
        )
        parser.add_argument(
            "--bare-share",
            type=float,
            default=1.0,
            help="how much of the code is shown without its documentation",
        )

    def _add_network_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pooling",
            choices=["ast", "topk", "sag", "mean", "none"],
            default="ast",
            help="none: no graph network at all",
        )
        parser.add_argument("--convolution", choices=["fa", "gcn", "gat"], default="fa")
        parser.add_argument(
            "--content",
            choices=["contextual", "static"],
            default="contextual",
            help="what a node's tokens bring",
        )
        parser.add_argument(
            "--identifiers",
            choices=["yes", "no"],
            default="yes",
            help="whether whole identifiers have meanings of their own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        device = chosen_device(options["device"])
        from codesearch.gnn_coder.weights import save_model
        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
        from training.code_encoder.fine_tuning import blend

        if options["keep"] and options["rate"] and options["pooling"] != "none":
            raise CommandError(
                "--keep is for a Transformer alone, or a graph network alone (--rate 0): "
                "trained together, they fit each other only."
            )
        transformer = model_folder(options["transformer"] or BUNDLED_MODEL)
        trainer, validation = _trainer(options, transformer, device)
        options["out"].mkdir(parents=True, exist_ok=True)
        _train(trainer, validation, options["out"])
        if options["keep"]:
            blend(trainer.model, transformer, options["keep"])
        save_model(trainer.model, options["out"] / "model", transformer / "tokenizer.json", 256)
        reached = {
            "mrr": validation.by_language(),
            "pairs": len(trainer.data.pairs),
            "steps": trainer.steps,
            "keep": options["keep"],
        }
        self.stdout.write(json.dumps(reached | trainer.config.as_dict()))


def _trainer(options: dict[str, Any], transformer: Path, device: Any) -> "tuple[Trainer, Validation]":
    """What trains a new model on the prepared pairs, and what measures it on those held out."""
    import torch

    from training.code_encoder.dataset import prepared
    from training.code_encoder.fine_tuning import new_model
    from training.code_encoder.trainer import Trainer, Validation

    tokenizer = query_tokenizer(transformer)
    data, held_out, vocabulary, vectors = prepared(
        options["pairs"], transformer, options["max_tokens"], options["limit"], bar
    )
    check_pairs(data, held_out, options["batch"])
    torch.manual_seed(options["seed"])
    model = new_model(transformer, _graph_config(options, vocabulary, transformer), device)
    model.bf16 = options["precision"] == "bf16"
    wordings = None
    if not options["rate"]:
        both = (data, held_out)
        data, held_out, wordings = _read_once(both, model, tokenizer, device, options, transformer)
    trainer = Trainer(model, data, vectors, tokenizer, _training_config(options), device, wordings)
    return trainer, Validation(model, held_out, tokenizer, device, most=300)


def _training_config(options: dict[str, Any]) -> "TrainingConfig":
    from training.code_encoder.trainer import TrainingConfig

    return TrainingConfig(
        options["seed"],
        options["batch"],
        options["epochs"],
        options["rate"],
        bare_share=options["bare_share"],
        loss=options["loss"],
        validate_every=options["validate_every"],
    )


def _graph_config(
    options: dict[str, Any], vocabulary: "Vocabulary", transformer: Path
) -> "NetworkConfig | None":
    from codesearch.gnn_coder.network import NetworkConfig

    if options["pooling"] == "none":
        return None
    dimension = json.loads((transformer / "config.json").read_text(encoding="utf-8"))["hidden_size"]
    return NetworkConfig(
        vocabulary.kinds,
        vocabulary.identifiers if options["identifiers"] == "yes" else (),
        dimension,
        pooling=options["pooling"],
        convolution=options["convolution"],
        content=options["content"],
    )


def _read_once(
    data: "tuple[Dataset, Dataset]",
    model: "GnnCoder",
    tokenizer: Any,
    device: Any,
    options: dict[str, Any],
    transformer: Path,
) -> "tuple[Dataset, Dataset, NDArray[np.float16]]":
    """(training, validation, wordings): the data as a Transformer reads it that is not trained.

    All runs on the same pairs share it. `wordings` are the vectors of the training queries and rewordings.
    """
    from searchapp.encoders.openvino import digest
    from training.code_encoder.dataset import Dataset
    from training.code_encoder.frozen_transformer import with_read, wordings

    training, validation = data
    weights = digest(transformer / "model.safetensors")
    stem = f"read-{weights}-{options['content']}-{options['max_tokens']}-{len(training.pairs)}"

    def read(features: "FlatFeatures", name: str) -> "FlatFeatures":
        file = options["pairs"] / f"{stem}-{name}.npy"
        return with_read(features, model, device, file, bar(f"Reading {name}"))

    file = options["pairs"] / f"{stem}-queries.npy"
    queries = wordings(training.pairs, model, tokenizer, device, file, bar("Reading queries"))
    documented = read(training.documented, "documented") if options["bare_share"] < 1 else training.documented
    return (
        Dataset(training.pairs, documented, read(training.bare, "bare")),
        Dataset(validation.pairs, validation.documented, read(validation.bare, "valid")),
        queries,
    )


def _train(trainer: "Trainer", validation: "Validation", out: Path) -> None:
    """Train to the end, with a bar, and a line in `log.jsonl` for every validation."""
    with (
        tqdm(total=trainer.steps, desc="Training", unit=" steps") as progress,
        (out / "log.jsonl").open("a", encoding="utf-8") as log,
    ):
        for at in trainer.run(validation, out / "checkpoint.pt"):
            progress.update(at.step - progress.n)
            progress.set_postfix(loss=f"{at.loss:.3f}")
            if at.mrr is not None:
                line = {"step": at.step, "loss": round(at.loss, 4), "mrr": round(at.mrr, 4)}
                log.write(json.dumps(line) + "\n")
                log.flush()
                reached = f"loss {at.loss:.3f}, validation MRR {at.mrr:.4f}"
                progress.write(f"step {at.step} of {at.steps}: {reached}")
