"""`manage.py train_verifier`: train the network that tells whether a reading is what a question means."""

import json
import pickle
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from tqdm import tqdm

from searchapp.commands import SearchappCommand

if TYPE_CHECKING:
    from training.verifier.trainer import Item


class Command(SearchappCommand):
    """Let a decoder read questions with known answers, and train on its readings."""

    packages = ("torch", "transformers")
    help = (
        "Train the verifier of readings, on what a decoder makes of Spider's questions and others. "
        "Needs the packages of `make models`; three quarters of an hour on a CPU."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--data", type=Path, nargs="+", required=True, help="folders with spider and wikisql"
        )
        parser.add_argument("--decoder", type=Path, required=True, help="the folder of the decoder")
        parser.add_argument("--out", type=Path, required=True, help="where the model goes")
        parser.add_argument("--prepared", type=Path, help="a file that keeps the readings for the next time")
        parser.add_argument("--epochs", type=float, default=1.0)
        parser.add_argument(
            "--encoder-rate", type=float, default=1e-4, help="the highest learning rate of the encoder"
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
        parser.add_argument("--report-every", type=int, default=100, metavar="BATCHES")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and train."""
        import torch

        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
        from training.verifier.trainer import Trainer, TrainingConfig

        if options["threads"]:
            torch.set_num_threads(options["threads"])
        items = self._prepared(options)
        valid, items = items[::25], [item for number, item in enumerate(items) if number % 25]
        self.stdout.write(f"{len(items):,} questions, {sum(item.tokens for item in items):,} tokens")
        config = TrainingConfig(options["epochs"], encoder_rate=options["encoder_rate"], seed=options["seed"])
        trainer, bar = Trainer(config, model_folder(BUNDLED_MODEL)), tqdm(desc="Training", unit="batch")

        def after(done: int, total: int, loss: float) -> None:
            bar.total, bar.n = total, done
            bar.set_postfix(loss=f"{loss:.3f}")
            if done % options["report_every"] == 0 or done == total:
                share = round(trainer.first_right(valid), 4)
                trainer.save(options["out"], {"validation": {"first_right": share}})
                line = {"batches": done, "of": total, "loss": round(loss, 4), "first_right": share}
                self.stdout.write(json.dumps(line))

        trainer.train(items, after)

    def _prepared(self, options: dict[str, Any]) -> "list[Item]":
        """The items, read anew or as they are kept. Raises CommandError."""
        from kbqa.decoding.pointer_network import load_decoder
        from kbqa.sql.answer.generator import LocalGenerator
        from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
        from searchapp.encoders.base import EncoderSpec
        from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
        from training.throwaway import throwaway_database
        from training.verifier.data import Amounts, items

        prepared_file: Path | None = options["prepared"]
        if prepared_file is not None and prepared_file.exists():
            with prepared_file.open("rb") as file:
                return pickle.load(file)  # type: ignore[no-any-return]
        generator = LocalGenerator(load_decoder(options["decoder"]), cross_encoder=load_cross_encoder)
        tokenizer = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL)).tokenizer
        with throwaway_database(), tqdm(desc="Reading", unit="database") as bar:
            read: list[Item] = []
            for of_database in items(options["data"], Amounts(), generator, tokenizer, options["seed"]):
                read += of_database
                bar.update()
        if not read:
            raise CommandError(f"There is nothing to train on in {', '.join(map(str, options['data']))}.")
        if prepared_file is not None:
            with prepared_file.open("wb") as file:
                pickle.dump(read, file)
        return read
