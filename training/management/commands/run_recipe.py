"""`manage.py run_recipe`: make weights as a recipe says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from searchapp.commands import SearchappCommand
from training.recipes import Recipe, RecipeError, RecipeRun, RunError, read_recipe, recipe_names
from training.recipes.runner import Changes


class Command(SearchappCommand):
    """Run a recipe's stages; what is there already is not made again."""

    help = (
        "Make weights as a recipe says, stage by stage. Interrupted, the same command goes on where it was."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "recipe", nargs="?", help="a name, or a YAML file; without one, the names are listed"
        )
        parser.add_argument(
            "--data", type=Path, nargs="+", default=[], help="folders that hold the published sets"
        )
        parser.add_argument("--out", type=Path, help="the folder to make everything in")
        parser.add_argument("--stage", default="", help="run this one, and what it needs, alone")
        parser.add_argument("--show", action="store_true", help="say what the recipe does, and run nothing")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="STAGE.OPTION=VALUE",
            help="an option that is to be other than the recipe says; several times for several values",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, or say what would be run."""
        if not options["recipe"]:
            self._list()
            return
        try:
            recipe = read_recipe(options["recipe"])
            if options["show"]:
                self._show(recipe)
                return
            if options["out"] is None:
                raise CommandError("Say with --out where everything is to be made.")
            run = RecipeRun(
                recipe,
                options["data"],
                options["out"],
                changes=_changes(options["set"]),
                say=self.stdout.write,
            )
            model = run.run(options["stage"])
        except (RecipeError, RunError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The model is in {model}.")
        for step in recipe.afterwards if not options["stage"] else ():
            self.stdout.write(f"Then: {step.replace('MODEL', str(model))}")

    def _list(self) -> None:
        for name in recipe_names():
            recipe = read_recipe(name)
            self.stdout.write(f"{name}: {recipe.about} ({len(recipe.stages)} stages)")

    def _show(self, recipe: Recipe) -> None:
        self.stdout.write(f"{recipe.name}: {recipe.about}")
        for data_set in recipe.data:
            self.stdout.write(f"  set {data_set.set}{' (optional)' * data_set.optional}: {data_set.about}")
        for stage in recipe.stages:
            what = stage.command or stage.script or _average(stage.average)
            self.stdout.write(f"  stage {stage.name}: {what}{f' ({stage.cost})' if stage.cost else ''}")
        for line in recipe.unknown:
            self.stdout.write(f"  not known: {line}")


def _average(shares: dict[str, float] | Any) -> str:
    return " + ".join(f"{share:g} of {model}" for model, share in shares.items())


def _changes(given: list[str]) -> Changes:
    """Options by stage, from STAGE.OPTION=VALUE. Raises CommandError."""
    changes: dict[str, dict[str, Any]] = {}
    for entry in given:
        path, equals, value = entry.partition("=")
        stage, dot, option = path.partition(".")
        if not (equals and dot):
            raise CommandError(f"{entry} is not STAGE.OPTION=VALUE.")
        changes.setdefault(stage, {}).setdefault(option, []).append(value)
    return changes
