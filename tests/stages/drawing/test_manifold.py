"""The latent manifold: codes as the model gives them, and a grid through the codes of true images."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.data.synthetic import pole
from posectl.errors import UnavailableError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.rows import evenly
from posectl.stages.drawing import manifold
from posectl.stages.drawing.manifold import RING, SPOKES, manifold_of
from posectl.stages.options import PlotOptions, TrainOptions
from posectl.stages.plot import plot
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
    assert list(marks) == ["0°", "90°", "180°", "270°", "elevation 45°", "elevation 80°"]
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
    assert (shown.what, shown.period, shown.values.min(), shown.values.max()) == (
        "elevation (deg)",
        None,
        45,
        80,
    )
    shown = manifold_of(run, run.artifacts.get("turned"), by="object")
    assert (shown.what, list(shown.classes), shown.others) == ("object", ["5", "6"], 0)
    which = StoredDataset(run.artifacts.get("turntable")).known("object")
    np.testing.assert_array_equal(shown.values, which - 5)


def test_poses_are_coloured_by_the_action_subject_or_name_of_their_clip(run):
    prepare(run, "mannequin", options={"subjects": 3, "seconds": 0.5})
    model = train(replace(run, name="people"), "mannequin", TINY).artifact
    dataset = StoredDataset(run.artifacts.get("mannequin"))
    clip = dataset.known("clip")
    for by, column in (("action", "clips/action"), ("subject", "clips/subject"), ("clip", "clips/name")):
        shown = manifold_of(run, model, by=by)
        told = dataset.known(column)[clip]
        assert shown.what == by
        assert len(shown.classes) == min(10, len(set(told)))
        assert shown.others == len(set(told)) - len(shown.classes)
        for value, name in enumerate(shown.classes):
            np.testing.assert_array_equal(shown.values == value, told == name)
        counts = Counter(told.tolist())
        fewest = min(counts[name] for name in shown.classes)
        assert all(count <= fewest for name, count in counts.items() if name not in shown.classes)


def test_digits_have_a_class_each_by_name(run):
    images = np.random.default_rng(0).uniform(-1, 1, (20, 1, 8, 8)).astype(np.float32)
    names = [f"kind {i}" for i in range(10)]
    with run.artifacts.draft("dataset", "digits") as draft:
        draft.put("samples", images, ("sample", "channel", "row", "column"))
        draft.put("label", (np.arange(20) % 10).astype(np.int32), ("sample",))
        draft.put("split", (np.arange(20) % 4 == 0).astype(np.uint8), ("sample",))
        draft.record(about={"kind": "images", "classes": 10, "class_names": names})
        draft.publish()
    model = train(replace(run, name="of-digits"), "digits", TINY).artifact
    shown = manifold_of(run, model)
    assert (list(shown.classes), shown.others, shown.period, shown.marks) == (names, 0, None, [])
    np.testing.assert_array_equal(shown.values, np.arange(20) % 10)


def test_lines_are_coloured_in_degrees(run):
    prepare(run, "lines")
    model = train(replace(run, name="hands"), "lines", TINY).artifact
    shown = manifold_of(run, model)
    assert (shown.what, shown.period) == ("angle (deg)", 360.0)
    assert shown.values.max() > 300


def test_unknown_factors_and_dimensions_are_told(run):
    with pytest.raises(UsageError, match="elevatoin") as error:
        manifold_of(run, run.artifacts.get("flat"), by="elevatoin")
    assert "Did you mean 'elevation'" in error.value.hint
    with pytest.raises(UsageError, match="2 dimensions cannot be shown in 3"):
        manifold_of(run, run.artifacts.get("flat"), dimensions=3)


def test_draws_from_the_prior_stand_among_the_codes_on_the_codes_own_axes(run):
    model = load_model(run, run.artifacts.get("deep"))
    shown = manifold_of(run, run.artifacts.get("deep"), by="draws")
    real = manifold_of(run, run.artifacts.get("deep"))
    assert (shown.classes, Counter(shown.values.tolist())) == (["real", "drawn"], {0: 576, 1: 576})
    assert shown.axes == real.axes
    assert {tuple(place) for place in shown.codes[shown.values == 0]} == {tuple(place) for place in real.codes}
    middle = codes_of(run, "deep", "pole").mean(0)
    assert model.prior.name == "normal"
    drawn = shown.codes[shown.values == 1].mean(0)
    directions = np.linalg.svd(codes_of(run, "deep", "pole") - middle, full_matrices=False)[2][:2]
    np.testing.assert_allclose(
        np.abs(drawn), np.abs(middle @ directions.T), atol=4 / 24
    )  # four errors of a mean of 576


def test_the_decoders_speed_is_that_of_its_jacobian(run):
    shown = manifold_of(run, run.artifacts.get("deep"), by="speed")
    model = load_model(run, run.artifacts.get("deep"))
    every = torch.from_numpy(codes_of(run, "deep", "pole")[::24]).float()
    squares = []
    for code in every:
        jacobian = torch.autograd.functional.jacobian(lambda z: model.decoder(z[None, None])[0, 0].flatten(), code)
        squares.append(jacobian.square().mean().item())
    # A step of a hundredth of a code crosses kinks of leaky ReLU here and there.
    np.testing.assert_allclose(shown.values[::24], np.sqrt(squares), rtol=0.15)
    assert np.square(shown.values[::24]).mean() == pytest.approx(np.mean(squares), rel=0.02)
    assert shown.robust


@pytest.mark.parametrize(("projection", "package"), [("tsne", "sklearn"), ("umap", "umap")])
def test_neighbours_stay_neighbours_in_an_embedding_and_stay_put(run, projection, package, monkeypatch):
    pytest.importorskip(package)
    monkeypatch.setattr(manifold, "EMBEDDED", 100)
    shown = manifold_of(run, run.artifacts.get("deep"), by="azimuth", projection=projection)
    assert shown.codes.shape == (100, 2)
    assert [axis[:-2] for axis in shown.axes] == [{"tsne": "t-SNE", "umap": "UMAP"}[projection]] * 2
    codes = codes_of(run, "deep", "pole")[evenly(576, 100)]
    alone = np.diag(np.full(100, np.inf))
    apart, placed = (np.linalg.norm(x[:, None] - x[None], axis=2) + alone for x in (codes, shown.codes))
    ranks = np.argsort(np.argsort(placed, axis=1), axis=1)
    assert np.median(ranks[np.arange(100), apart.argmin(1)]) <= 3
    again = manifold_of(run, run.artifacts.get("deep"), by="azimuth", projection=projection)
    np.testing.assert_array_equal(again.codes, shown.codes)


def test_without_umap_learn_the_extra_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(UnavailableError, match="umap-learn") as error:
        manifold_of(run, run.artifacts.get("deep"), projection="umap")
    assert "posectl[umap]" in error.value.hint


def test_several_maps_share_the_scale_of_places_and_of_colours(run, tmp_path):
    figure = plot(run, ["flat", "deep"], tmp_path / "maps.pdf", PlotOptions(kind="map", by="speed"))["figure"]
    panels = [axes for axes in figure.axes if axes.get_title("left")]
    assert [axes.get_title("left") for axes in panels] == ["plain, d=2", "plain, d=5"]
    scales = {axes.collections[0].get_clim() for axes in panels}
    speeds = np.concatenate([manifold_of(run, run.artifacts.get(name), by="speed").values for name in ("flat", "deep")])
    assert len(scales) == 1
    np.testing.assert_allclose(scales.pop(), np.quantile(speeds.astype(np.float64), (0.01, 0.99)), rtol=1e-6)
    assert panels[0].get_xlim() == panels[1].get_xlim()
    with pytest.raises(UsageError, match="in the plane"):
        plot(run, ["flat", "deep"], None, PlotOptions(kind="map", dimensions=3))
