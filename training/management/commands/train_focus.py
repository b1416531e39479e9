"""`manage.py train_focus`: train the network that tells which columns of a schema a question is about."""

import json
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm


class Command(BaseCommand):
    """Read the questions beside their schemas, and train."""

    help = (
        "Train the cross-encoder that focuses schemas, on BIRD and Spider. "
        "Needs the packages of `make models`; an hour on a CPU."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--data", type=Path, required=True, help="a folder with bird and spider")
        parser.add_argument("--out", type=Path, required=True, help="where the model goes")
        parser.add_argument("--epochs", type=float, default=2.0)
        parser.add_argument(
            "--rate", type=float, default=5e-4, help="the highest learning rate; the encoder's is a fifth"
        )
        parser.add_argument(
            "--spider",
            type=int,
            default=4_000,
            help="how many questions of Spider are trained on beside BIRD's",
        )
        parser.add_argument(
            "--held-out",
            type=int,
            default=400,
            help="how many questions on the schemas that are held out are measured on",
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
        parser.add_argument("--report-every", type=int, default=200, metavar="BATCHES")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and train."""
        import torch

        from searchapp.encoders.base import EncoderSpec
        from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder, model_folder
        from training.cross_encoder.network import Sizes
        from training.cross_encoder.trainer import (
            Trainer,
            TrainingConfig,
            bird_items,
            ranked_right,
            spider_items,
        )
        from training.decoder.trainer import multiplies_bf16

        if options["threads"]:
            torch.set_num_threads(options["threads"])
        tokenizer, rng = (
            OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer,
            random.Random(options["seed"]),
        )
        folder: Path = options["data"]
        if not (folder / "bird").is_dir():
            raise CommandError(f"There is no folder bird in {folder}.")
        items = list(
            tqdm(bird_items(folder / "bird", tokenizer, rng, held_out=False), desc="BIRD", unit="question")
        )
        if (folder / "spider").is_dir():
            items += tqdm(
                spider_items(folder / "spider", tokenizer, rng, options["spider"]),
                desc="Spider",
                unit="question",
            )
        valid = list(bird_items(folder / "bird", tokenizer, rng, held_out=True))
        valid = valid[:: max(1, len(valid) // options["held_out"])]
        self.stdout.write(
            f"{len(items):,} questions, {sum(item.tokens for item in items):,} tokens; {len(valid)} held out"
        )
        config = TrainingConfig(
            options["epochs"],
            rate=options["rate"],
            encoder_rate=options["rate"] / 5,
            seed=options["seed"],
            bf16=multiplies_bf16(),
        )
        trainer = Trainer(config, Sizes(), model_folder(BUNDLED_MODEL))
        bar = tqdm(desc="Training", unit="batch")

        def after(done: int, total: int, loss: float) -> None:
            bar.total, bar.n = total, done
            bar.set_postfix(loss=f"{loss:.3f}")
            if done % options["report_every"] == 0 or done == total:
                found = ranked_right(trainer.scores(valid), valid)
                trainer.save(options["out"], {"validation": found})
                self.stdout.write(json.dumps({"batches": done, "of": total, "loss": round(loss, 4), **found}))

        trainer.train(items, after)
