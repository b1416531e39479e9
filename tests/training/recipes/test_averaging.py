"""Weighted means of weights."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from safetensors.numpy import load_file, save_file


def model(folder, **tensors):
    folder.mkdir()
    save_file(
        {name: np.array(tensor, dtype=np.float16) for name, tensor in tensors.items()},
        folder / "w.safetensors",
    )
    config = {"sizes": {"width": 2}, "temperature": 1.5, "ranking": {"empty": -1}, "validation": {}}
    (folder / "decoder.json").write_text(json.dumps(config))
    (folder / "README.md").write_text(folder.name)
    return folder


def average(out, **shares):
    call_command(
        "average_weights", str(out), *(f"{out.parent / name}={share}" for name, share in shares.items())
    )
    return load_file(out / "w.safetensors")


def test_a_mean_is_of_each_number_by_the_shares(tmp_path):
    model(tmp_path / "a", x=[1, 2], y=[[4]])
    model(tmp_path / "b", x=[3, -2], y=[[0]])
    model(tmp_path / "c", x=[0, 10], y=[[1]])
    mean = average(tmp_path / "mean", a=0.6, b=0.2, c=0.2)
    assert mean["x"] == pytest.approx([1.2, 2.8], abs=2e-3)
    assert mean["y"] == pytest.approx(np.array([[2.6]]), abs=2e-3)
    assert {tensor.dtype for tensor in mean.values()} == {np.dtype(np.float16)}


def test_a_mean_of_one_model_is_that_model(tmp_path):
    values = np.random.default_rng(0).normal(size=64)
    model(tmp_path / "a", x=values)
    model(tmp_path / "b", x=values)
    assert (average(tmp_path / "mean", a=0.3, b=0.7)["x"] == values.astype(np.float16)).all()


def test_sums_are_exact_where_half_precision_is_not(tmp_path):
    """In float16 the third of 2,049 and its neighbours would be lost in rounding."""
    for name in "abc":
        model(tmp_path / name, x=[2048, 1e-7])
    mean = average(tmp_path / "mean", a=1 / 3, b=1 / 3, c=1 / 3)
    assert mean["x"].tolist() == [2048, np.float16(1e-7)]


def test_an_older_model_may_lack_what_has_grown(tmp_path):
    model(tmp_path / "new", x=[[2], [4], [6]], y=[8])
    model(tmp_path / "old", x=[[0], [2]])
    parts = [f"{tmp_path / name}=0.5" for name in ("new", "old")]
    with pytest.raises(CommandError, match="same tensors"):
        call_command("average_weights", str(tmp_path / "mean"), *parts)
    call_command("average_weights", str(tmp_path / "mean"), *parts, "--grown")
    mean = load_file(tmp_path / "mean" / "w.safetensors")
    assert mean["x"].tolist() == [[1], [3], [6]]
    assert mean["y"].tolist() == [4]


def test_what_was_fitted_to_weights_is_not_passed_on(tmp_path):
    model(tmp_path / "a", x=[1])
    model(tmp_path / "b", x=[2])
    average(tmp_path / "mean", a=0.5, b=0.5)
    assert json.loads((tmp_path / "mean/decoder.json").read_text()) == {"sizes": {"width": 2}}
    assert (tmp_path / "mean/README.md").read_text() == "a"


@pytest.mark.parametrize(
    ("other", "share", "message"),
    [
        ({"x": [1, 2]}, 0.5, r"Shares sum to 1; 0.6, 0.5 do not"),
        ({"x": [1, 2, 3]}, 0.4, r"x is \[3\] in .*b.*, \[2\] in .*a"),
        ({"y": [1, 2]}, 0.4, "not have the same tensors: x, y"),
    ],
)
def test_what_has_no_mean_is_refused(tmp_path, other, share, message):
    model(tmp_path / "a", x=[1, 2])
    model(tmp_path / "b", **other)
    with pytest.raises(CommandError, match=message):
        average(tmp_path / "mean", a=0.6, b=share)


def test_folders_without_weights_or_named_twice_are_refused(tmp_path):
    model(tmp_path / "a", x=[1, 2])
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="no weights"):
        average(tmp_path / "mean", a=0.5, empty=0.5)
    with pytest.raises(CommandError, match="named twice"):
        call_command("average_weights", str(tmp_path / "mean"), *[f"{tmp_path / 'a'}=0.5"] * 2)
    with pytest.raises(CommandError, match="is not MODEL=WEIGHT"):
        call_command("average_weights", str(tmp_path / "mean"), "a=b")
