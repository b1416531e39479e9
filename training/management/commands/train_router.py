"""`manage.py train_router DATA`: fit the weights by which questions are routed to sources."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from routing.features import NAMES
from routing.model import MODEL_FILE
from searchapp.commands import SearchappCommand
from training.router.fitting import cases, fit
from training.router.questions import DATABASES, GRAPHS, PACKAGES, training_set

_AMONG = 14


class Command(SearchappCommand):
    """Fit the router."""

    help = "Fit the router's weights on questions about sources below DATA, the folder of published sets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("data", type=Path, help="the folder of published sets")
        parser.add_argument("--out", type=Path, default=MODEL_FILE, help="the file that is written")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, fit, write."""
        sources, questions = training_set(options["data"])
        made = cases(questions, sources, _AMONG)
        model = fit(made)
        right = sum(
            int(model.probabilities(case.rows, case.vector, case.is_code).argmax() == case.right)
            for case in made
        )
        card = {
            "model": "conditional logit over what a question and a source have in common",
            "encoder": "all-MiniLM-L6-v2",
            "trained_on": {
                "spider": DATABASES,
                "spider4sparql": GRAPHS,
                "packages": PACKAGES,
                "others": ["pathquestion-2h", "metaqa"],
            },
            "questions": len(questions),
            "sources": len(sources),
            "right_of_training": round(right / len(made), 3),
        }
        weights = {name: round(float(weight), 4) for name, weight in zip(NAMES, model.weights, strict=True)}
        code = [round(float(weight), 4) for weight in model.code]
        options["out"].write_text(
            json.dumps({"card": card, "weights": weights, "code": code}, indent=1) + "\n"
        )
        self.stdout.write(f"{right} of {len(made)} questions of training go to the right source.")
