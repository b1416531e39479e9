"""`manage.py train_decoder`: train the decoder of questions, from the published sets and from questions made
from graphs.
"""

import json
import pickle
from argparse import ArgumentParser
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from searchapp.throwaway import throwaway_database


class Command(BaseCommand):
    """Prepare the examples, or take prepared ones, and train."""

    help = "Train the decoder that makes queries of questions. Needs the packages of `make models`; hours on a CPU."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--language", choices=("sparql", "sql"), default="sparql", help="what questions are made into"
        )
        parser.add_argument(
            "--data",
            type=Path,
            nargs="+",
            required=True,
            help="folders with metaqa, simplequestions-wikidata, lcquad1, spider4sparql, and spider, whose questions are translated; or spider, bird",
        )
        parser.add_argument("--out", type=Path, required=True, help="where the model goes")
        parser.add_argument(
            "--prepared", type=Path, help="a file that keeps the prepared examples for the next time"
        )
        parser.add_argument("--start", type=Path, help="the folder of a decoder to go on from")
        parser.add_argument("--epochs", type=float, default=3.0)
        parser.add_argument("--batch", type=int, default=48)
        parser.add_argument(
            "--rate", type=float, default=5e-4, help="the highest learning rate; the encoder's is a tenth"
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
        parser.add_argument(
            "--amount",
            action="append",
            default=[],
            metavar="NAME=N",
            help="how much of what, for example metaqa=1000",
        )
        parser.add_argument("--report-every", type=int, default=200, metavar="BATCHES")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare and train."""
        import torch

        from searchapp.encoders.openvino import BUNDLED_MODEL, model_folder
        from training.decoder.trainer import Pretrained, Trainer, TrainingConfig, multiplies_bf16

        if options["threads"]:
            torch.set_num_threads(options["threads"])
        items, valid, vectors = self._prepared(options)
        sizes, vocabulary = self._shape(options["language"])
        config = TrainingConfig(
            options["epochs"],
            options["batch"],
            options["rate"],
            options["rate"] / 10,
            seed=options["seed"],
            bf16=multiplies_bf16(),
        )
        pretrained = Pretrained(model_folder(BUNDLED_MODEL), sizes.tuned)
        trainer = Trainer(config, sizes, vocabulary, pretrained, vectors)
        if options["start"]:
            trainer.load(options["start"])
        with tqdm(desc="Reading", unit="question") as bar:
            lower = pretrained.lower_states(items, lambda done, total: self._show(bar, done, total))
        lower_valid = {
            name: pretrained.lower_states(each, lambda done, total: None) for name, each in valid.items()
        }
        bar = tqdm(desc="Training", unit="batch")

        def after(done: int, total: int, loss: float) -> None:
            self._show(bar, done, total)
            bar.set_postfix(loss=f"{loss:.3f}")
            if done % options["report_every"] == 0 or done == total:
                found = {
                    name: tuple(round(each, 4) for each in trainer.accuracy(valid[name], lower_valid[name]))
                    for name in valid
                }
                trainer.save(options["out"], {"validation": found})
                self.stdout.write(
                    json.dumps(
                        {
                            "batches": done,
                            "of": total,
                            "loss": round(loss, 4),
                            "right_choices_and_queries": found,
                        }
                    )
                )

        trainer.train(items, lower, after)

    def _shape(self, language: str) -> tuple[Any, Any]:
        from training.decoder.network import Sizes

        if language == "sparql":
            from kbqa.sparql.grammar import VOCABULARY as SPARQL

            return Sizes(), SPARQL
        from kbqa.sql.grammar import VOCABULARY as SQL
        from kbqa.sql.relations import RELATIONS

        return Sizes(reader_layers=5, tuned=1, relations=len(RELATIONS)), SQL

    def _training_data(self, language: str) -> Any:
        return import_module(f"training.{language}.data")

    def _prepared(self, options: dict[str, Any]) -> tuple[Any, Any, Any]:
        from kbqa.decoding.features import TextTable
        from searchapp.encoders.base import EncoderSpec
        from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder

        kept: Path | None = options["prepared"]
        if kept is not None and kept.exists():
            with kept.open("rb") as file:
                return pickle.load(file)  # type: ignore[no-any-return]
        encoder = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL))
        table, last = TextTable(encoder.encode, encoder.dimension), None
        with throwaway_database(), tqdm(desc="Preparing", unit="graph") as bar:
            data = self._training_data(options["language"])
            amounts = self._amounts(data.Amounts, options["amount"])
            for message, last in data.prepare_all(
                options["data"], amounts, encoder.tokenizer, table, options["seed"]
            ):
                bar.set_description_str(message)
                bar.update()
        if last is None or not last.items:
            raise CommandError(f"There is nothing to train on in {', '.join(map(str, options['data']))}.")
        self.stdout.write(f"{len(last.items):,} examples; left out: {dict(last.left_out.most_common(8))}")
        found = last.items, dict(last.valid), table.vectors
        if kept is not None:
            with kept.open("wb") as file:
                pickle.dump(found, file)
        return found

    def _amounts(self, kind: Any, given: list[str]) -> Any:
        known = {each.name for each in fields(kind)}
        chosen = {}
        for entry in given:
            name, _, number = entry.partition("=")
            if name not in known or not number.isdecimal():
                raise CommandError(f"{entry} is not NAME=N with one of {', '.join(sorted(known))}.")
            chosen[name] = int(number)
        return kind(**chosen)

    def _show(self, bar: "tqdm[Any]", done: int, total: int) -> None:
        bar.total, bar.n = total, done
        bar.refresh()
