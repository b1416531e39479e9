"""Running a recipe stage by stage; what is there already is not made again."""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandParser

from searchapp.errors import InvalidInput
from training.recipes.averaging import AveragingError, average_weights
from training.recipes.schema import Option, Recipe, RecipeError, Reference, Stage, filled, references_in

MODEL_FOLDERS = {"train_gnn_coder": "model", "train_late_interaction": "model"}
"""Where in a command's `--out` the model lies, if not at its top."""
_EVERY_DATA_FOLDER = "{data}"

Changes = Mapping[str, Mapping[str, Option]]
"""Options by stage that are set otherwise than the recipe sets them."""


class RunError(InvalidInput):
    """A recipe cannot be run as it was asked for, or a stage of it failed."""


class RecipeRun:
    """One recipe, run into a folder: each stage into one of its own, and what was run into `run.json`."""

    def __init__(
        self,
        recipe: Recipe,
        data: Sequence[Path],
        out: Path,
        *,
        changes: Changes | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.recipe, self.data, self.out, self.say = changed(recipe, changes or {}), data, out, say
        self._record = out / "run.json"

    def run(self, stage: str = "") -> Path:
        """Run all stages, or one and what it needs; the folder of the last one's model.

        Raises RecipeError, RunError, and CommandError where a stage's command fails.
        """
        stages = self.recipe.needed_for(stage) if stage else list(self.recipe.stages)
        for needed in stages:
            check_stage(needed)
        self._check_data()
        self.out.mkdir(parents=True, exist_ok=True)
        for number, needed in enumerate(stages, 1):
            self._run_once(needed, f"[{number}/{len(stages)}] {needed.name}")
        return self.model_of(stages[-1])

    def model_of(self, stage: Stage) -> Path:
        """The folder in which a stage leaves its model."""
        return self.out / stage.name / MODEL_FOLDERS.get(stage.command, "")

    def _run_once(self, stage: Stage, title: str) -> None:
        ran, records = self._arguments(stage), self._records()
        if (record := records.get(stage.name)) is not None:
            if record["ran"] != ran:
                raise RunError(
                    f"{self.out / stage.name} was made otherwise: {' '.join(record['ran'])}. "
                    "Remove that folder and its entry in run.json, or choose another --out."
                )
            self.say(f"{title}: there already ({_duration(record['seconds'])})")
            return
        self.say(
            f"{title}: {' '.join(ran)}" + (f"\n  when it was recorded: {stage.cost}" if stage.cost else "")
        )
        begun = time.monotonic()
        self._execute(stage, ran)
        seconds = round(time.monotonic() - begun, 1)
        self._write_records({**self._records(), stage.name: {"ran": ran, "seconds": seconds}})
        self.say(f"{title}: took {_duration(seconds)}")

    def _execute(self, stage: Stage, ran: Sequence[str]) -> None:
        if stage.command:
            call_command(*ran)
        elif stage.script:
            if subprocess.run(ran, cwd=settings.BASE_DIR, check=False).returncode:
                raise RunError(f"{stage.script} failed.")
        else:
            folders = self._folders(stage)
            shares = {Path(filled(text, folders)): share for text, share in stage.average.items()}
            try:
                average_weights(shares, self.out / stage.name)
            except AveragingError as error:
                raise RunError(f"{stage.name}: {error}") from error

    def _arguments(self, stage: Stage) -> list[str]:
        """The command line of a stage; of an average, its parts."""
        folders = self._folders(stage)
        if stage.average:
            return [
                "average",
                *(f"{filled(text, folders)}={share:g}" for text, share in stage.average.items()),
            ]
        every = [str(folder) for folder in self.data]
        return command_line(stage, folders, every, str(self.out / stage.name))

    def _folders(self, stage: Stage) -> dict[Reference, str]:
        named = {reference for text in stage.texts() for reference in references_in(text)}
        return {
            reference: str(self._folder(reference, stage))
            for reference in named
            if reference != Reference("data", "")
        }

    def _folder(self, reference: Reference, stage: Stage) -> Path:
        match reference.kind:
            case "stage":
                return self.model_of(self.recipe.stage(reference.name))
            case "here":
                return self.out / stage.name
            case "repository":
                return Path(settings.BASE_DIR) / reference.name
        for folder in self.data:
            if (folder / reference.name).exists():
                return folder / reference.name
        raise RunError(f"{stage.name} needs {reference.name}, which is in no folder of --data.")

    def _check_data(self) -> None:
        for data_set in self.recipe.data:
            if not any((folder / data_set.set).exists() for folder in self.data):
                if not data_set.optional:
                    raise RunError(
                        f"The set {data_set.set} is in no folder of --data. {data_set.about}".rstrip()
                    )
                self.say(f"Without the set {data_set.set}, which is in no folder of --data.")

    def _records(self) -> dict[str, dict[str, Any]]:
        if not self._record.exists():
            return {}
        records: dict[str, dict[str, Any]] = json.loads(self._record.read_text(encoding="utf-8"))
        return records

    def _write_records(self, records: Mapping[str, Mapping[str, object]]) -> None:
        partial = self._record.with_suffix(".partial")
        partial.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
        partial.replace(self._record)


def changed(recipe: Recipe, changes: Changes) -> Recipe:
    """A recipe with other options. Raises RecipeError for a stage that it has not."""
    for name in changes:
        recipe.stage(name)
    stages = (
        replace(stage, options={**stage.options, **changes.get(stage.name, {})}) for stage in recipe.stages
    )
    return replace(recipe, stages=tuple(stages))


def check_stage(stage: Stage) -> None:
    """Raise RecipeError where a stage's command or script is not there, or does not take its options."""
    if stage.script and not (Path(settings.BASE_DIR) / stage.script).is_file():
        raise RecipeError(f"{stage.name}: there is no script {stage.script}.")
    if not stage.command:
        return
    somewhere = {reference: "." for text in stage.texts() for reference in references_in(text)}
    command, *arguments = command_line(stage, somewhere, ["."], ".")
    try:
        parser_of(command).parse_args(arguments)
    except CommandError as error:
        raise RecipeError(f"{stage.name}: {command} does not take this: {error}") from error


def parser_of(command: str) -> CommandParser:
    """The argument parser of a management command. Raises RecipeError where there is no such command."""
    application = get_commands().get(command)
    if application is None:
        raise RecipeError(f"There is no command {command}.")
    loaded = application if isinstance(application, BaseCommand) else load_command_class(application, command)
    parser = loaded.create_parser("manage.py", command)
    parser.called_from_command_line = False
    return parser


def command_line(stage: Stage, folders: Mapping[Reference, str], data: Sequence[str], out: str) -> list[str]:
    """A stage's command or script with its arguments. Raises RecipeError for unknown options."""
    options = {name: _texts(option, folders, data) for name, option in stage.options.items()}
    if stage.script:
        return [str(Path(settings.BASE_DIR) / stage.script), *options.get("arguments", [])]
    actions = {action.dest: action for action in parser_of(stage.command)._actions}
    if "out" in actions:
        options["out"] = [out]
    positional, flags = list[str](), list[str]()
    for name, texts in options.items():
        action = actions.get(name.replace("-", "_"))
        if action is None:
            raise RecipeError(f"{stage.name}: {stage.command} has no option {name}.")
        if action.option_strings:
            flags += _flagged(action, texts)
        else:
            positional += texts
    return [stage.command, *positional, *flags]


def _flagged(action: argparse.Action, texts: Sequence[str]) -> list[str]:
    flag = action.option_strings[-1]
    if action.nargs == 0:
        return [flag] if texts == ["True"] else []
    if action.nargs in ("*", "+"):
        return [flag, *texts]
    return [part for text in texts for part in (flag, text)]


def _texts(option: Option, folders: Mapping[Reference, str], data: Sequence[str]) -> list[str]:
    """An option's values as they stand in a command line."""
    if isinstance(option, Mapping):
        return [f"{name}={number}" for name, number in option.items()]
    values = option if isinstance(option, list) else [option]
    return [
        text
        for value in values
        for text in (data if value == _EVERY_DATA_FOLDER else [filled(str(value), folders)])
    ]


def _duration(seconds: object) -> str:
    """Seconds as people say them.

    >>> _duration(59.8), _duration(150), _duration(7_260)
    ('1 minute', '2.5 minutes', '2.0 hours')
    """
    number = float(str(seconds))
    if number < 55:
        return f"{number:.0f} seconds"
    if number < 3_600:
        return f"{number / 60:.1f} minutes".replace("1.0 minutes", "1 minute")
    return f"{number / 3_600:.1f} hours"
