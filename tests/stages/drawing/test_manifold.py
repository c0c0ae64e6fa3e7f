"""The latent manifold: codes as the model gives them, and a grid through the codes of true images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.data.synthetic import pole
from posectl.errors import UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.drawing.manifold import RING, SPOKES, manifold_of
from posectl.stages.options import TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

TINY = TrainOptions(net="mlp", set=("mlp.widths=16",), latent=2, steps=10, batch=8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A store with models of 2 and 5 dimensions of the pole, and one of a turntable of two objects."""
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "pole", options={"size": 8, "grey": True})
    train(replace(run, name="flat"), "pole", TINY)
    train(replace(run, name="deep"), "pole", replace(TINY, latent=5))
    turntable(run)
    train(replace(run, name="turned"), "turntable", TINY)
    return run


def turntable(run):
    """Two "objects", the pole under a low and a high light, seen every 30 degrees, in no order."""
    azimuth = torch.randperm(12, generator=torch.Generator().manual_seed(0)).repeat(2) * 30.0
    which = torch.arange(2).repeat_interleave(12)
    images = pole.draw(azimuth, 50 + 20.0 * which, size=8, colour=False).numpy()
    with run.artifacts.draft("dataset", "turntable") as draft:
        draft.put("samples", images, ("sample", "channel", "row", "column"))
        draft.put("azimuth", azimuth.numpy().astype(np.float64), ("sample",))
        draft.put("object", (5 + which).numpy().astype(np.int32), ("sample",))
        draft.put("split", (np.arange(24) % 4 == 0).astype(np.uint8), ("sample",))
        draft.record(about={"kind": "images", "factors": ["azimuth"], "periods": {"azimuth": 360.0}})
        draft.publish()


def codes_of(run, name, dataset):
    samples = StoredDataset(run.artifacts.get(dataset)).samples
    return load_model(run, run.artifacts.get(name)).encode(torch.from_numpy(samples)).double().numpy()


def test_codes_of_two_dimensions_are_shown_as_they_are_train_and_test(run):
    shown = manifold_of(run, run.artifacts.get("flat"))
    np.testing.assert_allclose(shown.codes, codes_of(run, "flat", "pole"), atol=1e-6)
    assert shown.axes == ["z₁", "z₂"]
    np.testing.assert_allclose(shown.values, StoredDataset(run.artifacts.get("pole")).known("azimuth"))
    assert (shown.what, shown.period) == ("azimuth (deg)", 360.0)


def test_rings_go_round_through_the_codes_of_true_images_and_close(run):
    shown = manifold_of(run, run.artifacts.get("flat"))
    dataset = StoredDataset(run.artifacts.get("pole"))
    azimuth, elevation = dataset.known("azimuth"), dataset.known("elevation")
    rings = shown.grid[:8]
    for ring, level in zip(rings, range(45, 85, 5), strict=True):
        assert len(ring) == RING + 1
        np.testing.assert_allclose(ring[0], ring[-1], atol=1e-5)
        for row in np.flatnonzero((elevation == level) & (azimuth % 10 == 0)):
            at = round(azimuth[row] / 360 * RING)
            np.testing.assert_allclose(ring[at], shown.codes[row], atol=1e-5)


def test_spokes_go_from_the_lowest_to_the_highest_light(run):
    shown = manifold_of(run, run.artifacts.get("flat"))
    dataset = StoredDataset(run.artifacts.get("pole"))
    azimuth, elevation = dataset.known("azimuth"), dataset.known("elevation")
    spokes = shown.grid[8:]
    assert len(spokes) == SPOKES
    for i, spoke in enumerate(spokes):
        for at, level in ((0, 45), (-1, 80)):
            (row,) = np.flatnonzero((azimuth == 30 * i) & (elevation == level))
            np.testing.assert_allclose(spoke[at], shown.codes[row], atol=1e-5)


def test_the_grid_is_named_where_it_is(run):
    shown = manifold_of(run, run.artifacts.get("flat"))
    marks = {name: point for point, name in shown.marks}
    assert list(marks) == ["0°", "90°", "180°", "270°", "elevation 45", "elevation 80"]
    np.testing.assert_allclose(marks["90°"], shown.grid[0][RING // 4], atol=1e-5)


def test_codes_of_more_dimensions_are_shown_by_their_principal_components(run):
    codes = codes_of(run, "deep", "pole")
    variances = np.linalg.eigvalsh(np.cov(codes.T))[::-1]
    for wanted in (2, 3):
        shown = manifold_of(run, run.artifacts.get("deep"), dimensions=wanted)
        np.testing.assert_allclose(shown.codes.mean(0), 0, atol=1e-9)
        np.testing.assert_allclose(np.cov(shown.codes.T), np.diag(variances[:wanted]), atol=1e-9 * variances[0])
        shares = [f"component {i + 1} ({100 * variances[i] / variances.sum():.0f} %)" for i in range(wanted)]
        assert shown.axes == shares
    assert manifold_of(run, run.artifacts.get("deep")).codes.shape == (576, 2)


def test_every_object_of_a_turntable_has_its_closed_ring_and_its_name(run):
    shown = manifold_of(run, run.artifacts.get("turned"))
    dataset = StoredDataset(run.artifacts.get("turntable"))
    codes = codes_of(run, "turned", "turntable")
    azimuth, which = dataset.known("azimuth"), dataset.known("object")
    assert len(shown.grid) == 2
    for ring, name in zip(shown.grid, (5, 6), strict=True):
        rows = np.flatnonzero(which == name)
        in_order = codes[rows[np.argsort(azimuth[rows])]]
        np.testing.assert_allclose(ring, np.concatenate([in_order, in_order[:1]]), atol=1e-5)
    assert [name for _, name in shown.marks] == ["5", "6"]


def test_another_factor_or_a_label_may_colour_the_codes(run):
    shown = manifold_of(run, run.artifacts.get("flat"), by="elevation")
    assert (shown.what, shown.period, shown.values.min(), shown.values.max()) == ("elevation", None, 45, 80)
    shown = manifold_of(run, run.artifacts.get("turned"), by="object")
    assert (shown.what, set(shown.values)) == ("", {5, 6})
    middle = np.median(shown.codes[shown.values == 6], axis=0)
    np.testing.assert_allclose(next(point for point, name in shown.marks if name == "6"), middle)


def test_unknown_factors_and_dimensions_are_told(run):
    with pytest.raises(UsageError, match="elevatoin") as error:
        manifold_of(run, run.artifacts.get("flat"), by="elevatoin")
    assert "Did you mean 'elevation'" in error.value.hint
    with pytest.raises(UsageError, match="2 dimensions cannot be shown in 3"):
        manifold_of(run, run.artifacts.get("flat"), dimensions=3)
