"""`manage.py train_decoder`: train the decoder, on published sets and on questions made from their graphs."""

import json
import pickle
from argparse import ArgumentParser
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from tqdm import tqdm

from searchapp.commands import SearchappCommand
from training.throwaway import throwaway_database

if TYPE_CHECKING:
    from training.decoder.dataset import Item
    from training.decoder.trainer import Trainer


class Command(SearchappCommand):
    """Prepare the examples, or take prepared ones, and train."""

    packages = ("torch", "transformers")
    help = (
        "Train the decoder that makes queries of questions. "
        "Needs the packages of `make models`; hours on a CPU."
    )

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
            help="folders with metaqa, simplequestions-wikidata, lcquad1, spider4sparql, and spider, "
            "whose questions are translated; or spider, bird, wikisql",
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
        rate = options["rate"]
        config = TrainingConfig(
            options["epochs"], options["batch"], rate, rate / 10, seed=options["seed"], bf16=multiplies_bf16()
        )
        pretrained = Pretrained(model_folder(BUNDLED_MODEL), sizes.tuned)
        trainer = Trainer(config, sizes, vocabulary, pretrained, vectors)
        if options["start"]:
            trainer.load(options["start"])
        self._train(trainer, items, valid, options)

    def _train(
        self, trainer: "Trainer", items: "list[Item]", valid: "dict[str, list[Item]]", options: dict[str, Any]
    ) -> None:
        """Train to the end; every so often, write the weights and a line that says how good they are."""
        pretrained = trainer.pretrained
        with tqdm(desc="Reading", unit="question") as bar:
            lower = pretrained.lower_states(items, lambda done, total: _show(bar, done, total))
        held_out = {
            name: (of_set, pretrained.lower_states(of_set, lambda done, total: None))
            for name, of_set in valid.items()
        }
        bar = tqdm(desc="Training", unit="batch")

        def after(done: int, total: int, loss: float) -> None:
            _show(bar, done, total)
            bar.set_postfix(loss=f"{loss:.3f}")
            if done % options["report_every"] == 0 or done == total:
                accuracies = {name: trainer.accuracy(*of_set) for name, of_set in held_out.items()}
                rounded = {name: [round(share, 4) for share in both] for name, both in accuracies.items()}
                trainer.save(options["out"], {"validation": rounded})
                line = {"batches": done, "of": total, "loss": round(loss, 4)}
                self.stdout.write(json.dumps({**line, "right_choices_and_queries": rounded}))

        trainer.train(items, lower, after)

    def _shape(self, language: str) -> tuple[Any, Any]:
        from training.decoder.network import Sizes

        if language == "sparql":
            from kbqa.sparql.grammar import VOCABULARY as SPARQL

            return Sizes(), SPARQL
        from kbqa.sql.grammar import VOCABULARY as SQL
        from kbqa.sql.relations import RELATIONS

        return Sizes(reader_layers=5, tuned=1, relations=len(RELATIONS), joint=True), SQL

    def _training_data(self, language: str) -> Any:
        return import_module(f"training.{language}.data")

    def _prepared(self, options: dict[str, Any]) -> tuple[Any, Any, Any]:
        from kbqa.decoding.features import TextTable
        from searchapp.encoders.base import EncoderSpec
        from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
        from training.decoder.joint import read_jointly

        prepared_file: Path | None = options["prepared"]
        if prepared_file is not None and prepared_file.exists():
            with prepared_file.open("rb") as file:
                return pickle.load(file)  # type: ignore[no-any-return]
        encoder = OpenVinoEncoder(EncoderSpec("openvino", BUNDLED_MODEL))
        table, examples = TextTable(encoder.encode, encoder.dimension), None
        with throwaway_database(), tqdm(desc="Preparing", unit="graph") as bar:
            data = self._training_data(options["language"])
            amounts = self._amounts(data.Amounts, options["amount"])
            arguments = (options["data"], amounts, encoder.tokenizer, table, options["seed"])
            for message, so_far in data.prepare_all(*arguments):
                examples = so_far
                bar.set_description_str(message)
                bar.update()
        if examples is None or not examples.items:
            raise CommandError(f"There is nothing to train on in {', '.join(map(str, options['data']))}.")
        left_out = dict(examples.left_out.most_common(8))
        self.stdout.write(f"{len(examples.items):,} examples; left out: {left_out}")
        valid = {name: read_jointly(items) for name, items in examples.valid.items()}
        prepared = read_jointly(examples.items), valid, table.vectors
        if prepared_file is not None:
            with prepared_file.open("wb") as file:
                pickle.dump(prepared, file)
        return prepared

    def _amounts(self, kind: Any, given: list[str]) -> Any:
        known = {amount.name for amount in fields(kind)}
        chosen = {}
        for entry in given:
            name, _, number = entry.partition("=")
            if name not in known or not number.isdecimal():
                raise CommandError(f"{entry} is not NAME=N with one of {', '.join(sorted(known))}.")
            chosen[name] = int(number)
        return kind(**chosen)


def _show(bar: "tqdm[Any]", done: int, total: int) -> None:
    bar.total, bar.n = total, done
    bar.refresh()
