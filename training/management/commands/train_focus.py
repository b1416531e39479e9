"""`manage.py train_focus`: train the network that tells which columns of a schema a question is about."""

import json
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from tqdm import tqdm

from searchapp.commands import SearchappCommand

if TYPE_CHECKING:
    from training.cross_encoder.trainer import Item, Trainer


class Command(SearchappCommand):
    """Read the questions beside their schemas, and train."""

    packages = ("torch", "transformers")
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

        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
        from training.cross_encoder.network import Sizes
        from training.cross_encoder.trainer import Trainer, TrainingConfig
        from training.decoder.trainer import multiplies_bf16

        if options["threads"]:
            torch.set_num_threads(options["threads"])
        items, valid = self._read(options)
        tokens = sum(item.tokens for item in items)
        self.stdout.write(f"{len(items):,} questions, {tokens:,} tokens; {len(valid)} held out")
        config = TrainingConfig(
            options["epochs"],
            rate=options["rate"],
            encoder_rate=options["rate"] / 5,
            seed=options["seed"],
            bf16=multiplies_bf16(),
        )
        self._train(Trainer(config, Sizes(), model_folder(BUNDLED_MODEL)), items, valid, options)

    def _read(self, options: dict[str, Any]) -> "tuple[list[Item], list[Item]]":
        """The items to train on, and those on schemas that are held out. Raises CommandError."""
        from searchapp.encoders.base import EncoderSpec
        from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
        from training.cross_encoder.trainer import bird_items, spider_items

        bird, spider = options["data"] / "bird", options["data"] / "spider"
        if not bird.is_dir():
            raise CommandError(f"There is no folder bird in {options['data']}.")
        tokenizer = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer
        rng = random.Random(options["seed"])
        items = list(tqdm(bird_items(bird, tokenizer, rng, held_out=False), desc="BIRD", unit="question"))
        if spider.is_dir():
            of_spider = spider_items(spider, tokenizer, rng, options["spider"])
            items += tqdm(of_spider, desc="Spider", unit="question")
        valid = list(bird_items(bird, tokenizer, rng, held_out=True))
        return items, valid[:: max(1, len(valid) // options["held_out"])]

    def _train(
        self, trainer: "Trainer", items: "list[Item]", valid: "list[Item]", options: dict[str, Any]
    ) -> None:
        """Train to the end; every so often, write the weights and a line that says how good they are."""
        from training.cross_encoder.trainer import ranked_right

        bar = tqdm(desc="Training", unit="batch")

        def after(done: int, total: int, loss: float) -> None:
            bar.total, bar.n = total, done
            bar.set_postfix(loss=f"{loss:.3f}")
            if done % options["report_every"] == 0 or done == total:
                scores = ranked_right(trainer.scores(valid), valid)
                trainer.save(options["out"], {"validation": scores})
                self.stdout.write(
                    json.dumps({"batches": done, "of": total, "loss": round(loss, 4), **scores})
                )

        trainer.train(items, after)
