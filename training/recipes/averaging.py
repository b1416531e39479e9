"""Weighted means of weights that were trained from common ancestors (model soups, Wortsman et al. 2022)."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from searchapp.errors import InvalidInput

_TOLERANCE = 1e-6
_FITTED = ("validation", "temperature", "ranking")
"""What a model's configuration says of its very weights: it is measured or fitted anew for a mean."""

Tensors = dict[str, NDArray[Any]]


class AveragingError(InvalidInput):
    """Weights that have no mean: shares that do not sum to 1, or files of another shape."""


def average_weights(models: Mapping[Path, float], out: Path, *, grown: bool = False) -> None:
    """Write the mean of model folders, each with its share, to the folder `out`.

    Every `*.safetensors` of the folders is averaged in float64 and stored as the first folder stores it. All
    other files are the first folder's; a fitted temperature or ranking is left out. Where networks have
    `grown`, older ones may lack what the first has: rows at the end of a tensor, which are then the first's,
    and tensors, which are then 0. Raises AveragingError.
    """
    if abs(sum(models.values()) - 1) > _TOLERANCE:
        shares = ", ".join(f"{share:g}" for share in models.values())
        raise AveragingError(f"Shares sum to 1; {shares} do not.")
    names = _common_names(list(models))
    means = {
        name: _mean({folder / name: share for folder, share in models.items()}, grown=grown) for name in names
    }
    first = next(iter(models))
    out.mkdir(parents=True, exist_ok=True)
    for path in first.iterdir():
        if path.is_file() and path.name not in means:
            _copy(path, out / path.name)
    for name, tensors in means.items():
        save_file(tensors, out / name)


def _common_names(folders: Sequence[Path]) -> list[str]:
    """Names of the weights that every folder has. Raises AveragingError where they differ."""
    held = {folder: sorted(path.name for path in folder.glob("*.safetensors")) for folder in folders}
    names = held[folders[0]]
    for folder in folders:
        if not held[folder]:
            raise AveragingError(f"There are no weights (*.safetensors) in {folder}.")
        if held[folder] != names:
            raise AveragingError(
                f"{folder} has {', '.join(held[folder])}; {folders[0]} has {', '.join(names)}."
            )
    return names


def _mean(files: Mapping[Path, float], *, grown: bool) -> Tensors:
    """The mean of files, by their shares. Raises AveragingError where tensors are not of one shape."""
    first = next(iter(files))
    newest = _load(first)
    dtypes = {name: tensor.dtype for name, tensor in newest.items()}
    total = {name: np.zeros(tensor.shape) for name, tensor in newest.items()}
    for path, share in files.items():
        tensors = _grown(_load(path), newest) if grown else _load(path)
        _check_shapes(path, tensors, first, total)
        for name, tensor in tensors.items():
            total[name] += share * tensor.astype(np.float64)
    return {name: tensor.astype(dtypes[name]) for name, tensor in total.items()}


def _grown(tensors: Tensors, newest: Tensors) -> Tensors:
    """Tensors with what those of a newer network have in addition."""
    lacking = {name: np.zeros_like(tensor) for name, tensor in newest.items() if name not in tensors}
    return lacking | {
        name: np.concatenate([tensor, newest[name][len(tensor) :]])
        if name in newest and tensor.shape[1:] == newest[name].shape[1:] and len(tensor) < len(newest[name])
        else tensor
        for name, tensor in tensors.items()
    }


def _load(path: Path) -> Tensors:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise AveragingError(f"{path} cannot be read: {error}") from error


def _check_shapes(path: Path, tensors: Tensors, first: Path, expected: Tensors) -> None:
    if differing := sorted(tensors.keys() ^ expected.keys()):
        raise AveragingError(f"{path} and {first} do not have the same tensors: {', '.join(differing[:3])}.")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise AveragingError(
                f"{name} is {list(tensor.shape)} in {path}, {list(expected[name].shape)} in {first}."
            )


def _copy(source: Path, target: Path) -> None:
    """Copy a file; a JSON configuration without what was fitted to the weights beside it."""
    if source.suffix == ".json":
        config = json.loads(source.read_text(encoding="utf-8"))
        if isinstance(config, dict) and any(name in config for name in _FITTED):
            config = {name: value for name, value in config.items() if name not in _FITTED}
            target.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
            return
    shutil.copyfile(source, target)
