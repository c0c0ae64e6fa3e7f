"""Paths and blocks between images: what they hold, and what endpoints may be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from stages.turntables import publish_turntable

from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.drawing.along import evenly, over_columns
from posectl.stages.drawing.pictures import pictures_of
from posectl.stages.drawing.subject import open_subject
from posectl.stages.evaluate import evaluate
from posectl.stages.interpolate import interpolate
from posectl.stages.options import EvaluateOptions, InterpolateOptions, TrainOptions
from posectl.stages.run import Run
from posectl.stages.train import train

CORNERS = ("one#0", "one#18", "one#36", "one#54")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts")
    publish_turntable(run, "one", objects=1)
    train(replace(run, name="ae"), "one", TrainOptions(steps=20, net="mlp", set=("mlp.widths=16",), latent=4))
    return run


def block(run, n, *ends):
    a, b, *below = ends
    return interpolate(run, a, b, "ae", InterpolateOptions(grid=n), below=below)


def test_a_block_is_bilinear_in_the_codes_with_the_ends_in_its_corners(run):
    made = block(run, 4, *CORNERS).artifact
    model = load_model(run, run.artifacts.get("ae"))
    codes = model.encode(torch.from_numpy(run.artifacts.get("one").read("samples")[[0, 18, 36, 54]]))
    u = torch.linspace(0, 1, 4)
    right, down = u[None, :, None], u[:, None, None]
    a, b, c, d = codes
    bilinear = (1 - down) * ((1 - right) * a + right * b) + down * ((1 - right) * c + right * d)
    expected = model.decode(bilinear.flatten(0, 1)).unflatten(0, (4, 4))
    paths = made.read("paths")
    assert paths.shape == (4, 4, 1, 16, 16)
    np.testing.assert_allclose(paths, expected.numpy(), atol=1e-5)
    assert made.about["grid"] == 4
    assert made.arrays()["ends"].shape == (2, 2, 1, 16, 16)


def test_a_path_goes_on_beyond_its_ends(run):
    made = interpolate(run, "one#0", "one#18", "ae", InterpolateOptions(steps=5, start=-0.5, stop=1.5)).artifact
    model = load_model(run, run.artifacts.get("ae"))
    a, b = model.encode(torch.from_numpy(run.artifacts.get("one").read("samples")[[0, 18]]))
    alpha = torch.tensor([-0.5, 0, 0.5, 1, 1.5])[:, None]
    np.testing.assert_allclose(made.read("paths")[0], model.decode(a + alpha * (b - a)).numpy(), atol=1e-5)
    np.testing.assert_array_equal(made.read("alpha"), alpha[:, 0])
    found = pictures_of(run, open_subject(run, made.ref), most=1)
    assert over_columns(5, evenly(5, 5), found.span) == ["α = -0.5", "0", "0.5", "1", "1.5"]
    whole = interpolate(run, "one#0", "one#18", "ae", InterpolateOptions(steps=5)).artifact
    assert (made.about["span"], "span" in whole.about) == ([-0.5, 1.5], False)


def test_a_block_ends_at_its_corners(run):
    with pytest.raises(UsageError, match="from corner to corner"):
        interpolate(run, *CORNERS[:2], "ae", InterpolateOptions(grid=4, stop=1.2), below=CORNERS[2:])


def test_the_rows_of_a_block_are_paths_like_others(run):
    ref = block(run, 4, *CORNERS).ref
    rows = evaluate(run, ref, None, EvaluateOptions(metrics=("path_length_ratio",)))
    assert rows.figures["scores"]["path_length_ratio"]["count"] == 4
    assert rows.figures["protocol"]["reference"] == "one:v1"


def test_image_files_are_endpoints_with_or_without_their_channel(run, tmp_path):
    images = run.artifacts.get("one").read("samples")
    np.save(tmp_path / "a.npy", images[0, 0])
    np.save(tmp_path / "b.npy", images[18])
    np.save(tmp_path / "many.npy", images[:3, 0])
    from_files = interpolate(run, str(tmp_path / "a.npy"), str(tmp_path / "b.npy"), "ae", InterpolateOptions(5))
    from_store = interpolate(run, "one#0", "one#18", "ae", InterpolateOptions(5))
    np.testing.assert_array_equal(from_files.artifact.read("paths"), from_store.artifact.read("paths"))
    three = interpolate(run, str(tmp_path / "many.npy"), "one#40", "ae", InterpolateOptions(5)).artifact
    assert three.arrays()["paths"].shape == (3, 5, 1, 16, 16)


@pytest.mark.parametrize("ends", [CORNERS[:2], CORNERS[:3], (*CORNERS, "one#2")])
def test_a_block_has_four_corners(run, ends):
    with pytest.raises(UsageError, match="four endpoints") as told:
        block(run, 8, *ends)
    assert "A B C D" in told.value.hint


def test_a_path_has_two_ends(run):
    with pytest.raises(UsageError, match="two endpoints") as told:
        interpolate(run, *CORNERS[:2], "ae", below=CORNERS[2:])
    assert "--grid" in told.value.hint


@pytest.mark.parametrize("path", ["slerp", "lerp-sphere", "circle"])
def test_no_way_round_a_sphere_between_codes_that_are_on_none(run, path):
    with pytest.raises(UsageError, match="not on a sphere") as told:
        interpolate(run, *CORNERS[:2], "ae", InterpolateOptions(path=path))
    assert "lerp" in told.value.hint
    with pytest.raises(UsageError, match="not on a sphere"):
        evaluate(run, "ae", None, EvaluateOptions(path=path))


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (np.zeros((16, 16), np.uint8), "uint8"),
        (np.full((16, 16), 255.0), "255"),
        (np.full((16, 16), np.nan), "NaN"),
        (np.zeros((8, 8)), "shape"),
        (np.zeros((3, 16, 16)), "same sample"),
    ],
    ids=["bytes", "unscaled", "nan", "size", "equal"],
)
def test_files_that_are_no_image_of_the_models(run, tmp_path, image, word):
    np.save(tmp_path / "bad.npy", image)
    with pytest.raises(InvalidInputError, match=word):
        interpolate(run, str(tmp_path / "bad.npy"), str(tmp_path / "bad.npy"), "ae", InterpolateOptions(5))
