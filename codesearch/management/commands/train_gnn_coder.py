"""`manage.py train_gnn_coder`: from mined pairs to a model folder."""

import json
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm


class Command(BaseCommand):
    """Train the Transformer, with or without the graph network, and write the model."""

    help = "Train the code encoder; interrupted, the same command goes on from the last checkpoint. The last line is one JSON object."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--pairs", type=Path, required=True, help="folder written by mine_pairs")
        parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and model")
        parser.add_argument("--transformer", help="folder of a Hugging Face encoder to start from; by default all-MiniLM-L6-v2")
        parser.add_argument("--pooling", choices=["ast", "topk", "sag", "mean", "none"], default="ast", help="none: no graph network at all")
        parser.add_argument("--convolution", choices=["fa", "gcn", "gat"], default="fa")
        parser.add_argument("--content", choices=["contextual", "static"], default="contextual", help="what a node's tokens bring")
        parser.add_argument("--loss", choices=["symmetric", "individual"], default="symmetric")
        parser.add_argument("--most-tokens", type=int, default=160)
        parser.add_argument("--limit", type=int, help="train on so many pairs, drawn at random")
        parser.add_argument("--epochs", type=float, default=1.0)
        parser.add_argument("--batch", type=int, default=256)
        parser.add_argument("--rate", type=float, default=3e-5, help="learning rate of the Transformer; 0 leaves it as it is")
        parser.add_argument("--bare-share", type=float, default=1.0, help="how much of the code is shown without its documentation")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16", help="fp32 on processors without bf16 products")
        parser.add_argument("--device", default="auto")
        parser.add_argument("--validate-every", type=int, default=100, metavar="STEPS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train."""
        try:
            import torch
        except ImportError as error:
            raise CommandError("Training needs torch and torch-geometric: run `make models`.") from error
        from tokenizers import Tokenizer

        from codesearch.gnn_coder.dataset import prepared
        from codesearch.gnn_coder.network import NetworkConfig
        from codesearch.gnn_coder.training import Trainer, TrainingConfig, Validation
        from codesearch.gnn_coder.weights import new_model, save_model
        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder

        transformer = model_folder(options["transformer"] or BUNDLED_MODEL)
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if options["device"] == "auto" else options["device"])
        bar = lambda name: lambda items: tqdm(items, desc=name)  # noqa: E731
        data, held_out, kinds, vectors = prepared(options["pairs"], transformer, options["most_tokens"], bar)
        if options["limit"]:
            chosen = sorted(random.Random(options["seed"]).sample(range(len(data.pairs)), min(options["limit"], len(data.pairs))))
            data, vectors = data.take(chosen), vectors[chosen]
        tokenizer = Tokenizer.from_file(str(transformer / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(64)
        torch.manual_seed(options["seed"])
        graph = None
        dimension = json.loads((transformer / "config.json").read_text())["hidden_size"]
        if options["pooling"] != "none":
            graph = NetworkConfig(kinds, dimension, pooling=options["pooling"], convolution=options["convolution"], content=options["content"])
        model = new_model(transformer, graph, device)
        model.bf16 = options["precision"] == "bf16"
        config = TrainingConfig(
            options["seed"],
            options["batch"],
            options["epochs"],
            options["rate"],
            bare_share=options["bare_share"],
            loss=options["loss"],
            validate_every=options["validate_every"],
        )
        options["out"].mkdir(parents=True, exist_ok=True)
        trainer = Trainer(model, data, vectors, tokenizer, config, device)
        validation = Validation(model, held_out, tokenizer, device, most=300)
        log = options["out"] / "log.jsonl"
        with tqdm(total=trainer.steps, desc="Training", unit=" steps") as progress:
            for at in trainer.run(validation, options["out"] / "checkpoint.pt"):
                progress.update(at.step - progress.n)
                progress.set_postfix(loss=f"{at.loss:.3f}")
                if at.mrr is not None:
                    with log.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"step": at.step, "loss": round(at.loss, 4), "mrr": round(at.mrr, 4)}) + "\n")
                    progress.write(f"step {at.step} of {at.steps}: loss {at.loss:.3f}, validation MRR {at.mrr:.4f}")
        save_model(model, options["out"] / "model", transformer / "tokenizer.json", 256)
        self.stdout.write(json.dumps({"mrr": validation.by_language(), "pairs": len(data.pairs), "steps": trainer.steps} | config.as_dict()))
