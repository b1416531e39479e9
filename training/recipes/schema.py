"""What a recipe says, read strictly: unknown keys and unknown stages are errors."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from searchapp.errors import InvalidInput

FOLDER = Path(__file__).parent
Option = str | int | float | bool | list[str] | Mapping[str, int]
"""What a stage passes to its command: a value, several, or NAME=N pairs."""
_REFERENCE = re.compile(r"\{(here|data|repository|stage)(?::([^{}]*))?\}")
_TOLERANCE = 1e-6


class RecipeError(InvalidInput):
    """A recipe is not what it should be; the message says where."""


@dataclass(frozen=True)
class Reference:
    """A place that a text names by `{kind:name}`.

    `{here}` is the stage's own folder, `{data}` are the folders of sets, `{data:PATH}` lies below one,
    `{repository:PATH}` in the repository, and `{stage:NAME}` is the model of an earlier stage.
    """

    kind: str
    name: str


def references_in(text: str) -> list[Reference]:
    """The places that a text names, in order.

    >>> references_in("{stage:pairs}/train.jsonl.gz")
    [Reference(kind='stage', name='pairs')]
    """
    return [Reference(match[1], match[2] or "") for match in _REFERENCE.finditer(text)]


def filled(text: str, folders: Mapping[Reference, str]) -> str:
    """A text with a folder for each place that it names.

    >>> filled("{stage:pairs}/valid", {Reference("stage", "pairs"): "/out/pairs"})
    '/out/pairs/valid'
    """
    return _REFERENCE.sub(lambda match: folders[Reference(match[1], match[2] or "")], text)


@dataclass(frozen=True)
class DataSet:
    """A published set, as a folder below one of those that `--data` names."""

    set: str
    about: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Stage:
    """One step of a recipe: a management command, a script of the repository, or a mean of earlier stages."""

    name: str
    command: str = ""
    script: str = ""
    average: Mapping[str, float] = field(default_factory=dict)
    """Shares by the places of models, such as `{stage:a}`."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """Options of the command by their names; arguments of a script or those without a dash as `arguments`."""
    cost: str = ""
    """How long the stage took, and on what."""
    about: str = ""

    def texts(self) -> Iterator[str]:
        """Every text that may name a place."""
        yield from self.average
        for option in self.options.values():
            if isinstance(option, str):
                yield option
            elif isinstance(option, list):
                yield from map(str, option)

    @property
    def needs(self) -> list[str]:
        """The earlier stages whose results it takes."""
        named = [reference for text in self.texts() for reference in references_in(text)]
        return list(dict.fromkeys(reference.name for reference in named if reference.kind == "stage"))


@dataclass(frozen=True)
class Recipe:
    """How a model is made."""

    trains: str
    """code_encoder, sparql_decoder, sql_decoder, cross_encoder or verifier."""
    about: str
    stages: tuple[Stage, ...]
    ships: str = ""
    """The folder of the repository whose weights this recipe tells of, as far as it is known."""
    data: tuple[DataSet, ...] = ()
    defaults: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)
    """Options by command, for all stages that run it."""
    expected: tuple[str, ...] = ()
    """Names of scores in `evaluation/expected` that the result is held against."""
    afterwards: tuple[str, ...] = ()
    """What is done with the last stage's model by commands outside of training."""
    unknown: tuple[str, ...] = ()
    """What is not known of how the shipped weights were made."""
    name: str = ""

    def stage(self, name: str) -> Stage:
        """The stage of that name. Raises RecipeError."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise RecipeError(f"{self.name} has no stage {name}; there are {known}.")

    def needed_for(self, name: str) -> list[Stage]:
        """A stage and all that it needs, in the recipe's order. Raises RecipeError."""
        wanted = {name}
        for stage in reversed(self.stages):
            if stage.name in wanted:
                wanted.update(stage.needs)
        self.stage(name)
        return [stage for stage in self.stages if stage.name in wanted]


TRAINED = ("code_encoder", "sparql_decoder", "sql_decoder", "cross_encoder", "verifier")


def recipe_names() -> list[str]:
    """The names of the recipes that come with the repository."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_recipe(name: str) -> Recipe:
    """The recipe of that name, or of a file outside of the repository. Raises RecipeError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        stored = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"There is no recipe {name}; there are {', '.join(recipe_names())}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error
    return parsed(stored, path.stem)


def parsed(stored: object, name: str) -> Recipe:
    """The recipe that a mapping tells. Raises RecipeError."""
    entries = _mapping(stored, name)
    defaults = _mapping(entries.get("defaults", {}), f"{name}: defaults")
    stages = tuple(
        _stage(stage, defaults, f"{name}: stages[{index}]")
        for index, stage in enumerate(_sequence(entries.get("stages", []), f"{name}: stages"))
    )
    data = tuple(
        _built(DataSet, entry, f"{name}: data[{index}]")
        for index, entry in enumerate(_sequence(entries.get("data", []), f"{name}: data"))
    )
    texts = {
        part: tuple(map(str, _sequence(entries.get(part, []), f"{name}: {part}")))
        for part in ("expected", "afterwards", "unknown")
    }
    recipe = _built(Recipe, {**entries, **texts, "stages": stages, "data": data, "name": name}, name)
    _check(recipe)
    return recipe


def _stage(stored: object, defaults: Mapping[str, Any], where: str) -> Stage:
    stage = _built(Stage, stored, where)
    kinds = [kind for kind in ("command", "script", "average") if getattr(stage, kind)]
    if len(kinds) != 1:
        raise RecipeError(f"{where}: a stage has one of command, script and average.")
    for name, option in _mapping(stage.options, f"{where}: options").items():
        if option is None:
            raise RecipeError(f"{where}: option {name} has no value.")
    for model, share in _mapping(stage.average, f"{where}: average").items():
        if not isinstance(share, int | float):
            raise RecipeError(f"{where}: the share of {model} is {share!r}, not a number.")
    if stage.average and abs(sum(stage.average.values()) - 1) > _TOLERANCE:
        raise RecipeError(f"{where}: the shares of {stage.name} do not sum to 1.")
    return replace(stage, options={**_mapping(defaults.get(stage.command, {}), where), **stage.options})


def _check(recipe: Recipe) -> None:
    """Raise RecipeError for what its parts say of each other wrongly."""
    if recipe.trains not in TRAINED:
        raise RecipeError(f"{recipe.name}: trains is one of {', '.join(TRAINED)}, not {recipe.trains}.")
    if not recipe.stages:
        raise RecipeError(f"{recipe.name} has no stages.")
    if unused := sorted(recipe.defaults.keys() - {stage.command for stage in recipe.stages}):
        raise RecipeError(f"{recipe.name}: defaults are for {', '.join(unused)}, which no stage runs.")
    before: set[str] = set()
    for stage in recipe.stages:
        if stage.name in before:
            raise RecipeError(f"{recipe.name} has two stages {stage.name}.")
        for needed in stage.needs:
            if needed not in before:
                raise RecipeError(
                    f"{recipe.name}: {stage.name} needs {needed}, which is not a stage before it."
                )
        before.add(stage.name)


Part = TypeVar("Part")


def _built(kind: type[Part], stored: object, where: str) -> Part:
    """A dataclass from a mapping. Raises RecipeError for unknown, missing and mistyped keys."""
    entries, known = _mapping(stored, where), {part.name: part for part in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(map(str, entries.keys() - known.keys())):
        raise RecipeError(f"{where}: unknown {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    if lacking := [name for name, part in known.items() if name not in entries and _is_required(part)]:
        raise RecipeError(f"{where}: {', '.join(lacking)} is missing.")
    for name, entry in entries.items():
        if known[name].type in (str, bool) and not isinstance(entry, known[name].type):  # type: ignore[arg-type]
            raise RecipeError(f"{where}: {name} is {entry!r}, not a {known[name].type.__name__}.")  # type: ignore[union-attr]
    return kind(**entries)


def _is_required(part: "Field[Any]") -> bool:
    return part.default is MISSING and part.default_factory is MISSING


def _mapping(stored: object, where: str) -> Mapping[str, Any]:
    if not isinstance(stored, Mapping):
        raise RecipeError(f"{where} is no mapping.")
    return stored


def _sequence(stored: object, where: str) -> Sequence[Any]:
    if not isinstance(stored, list | tuple):
        raise RecipeError(f"{where} is not a list.")
    return stored
