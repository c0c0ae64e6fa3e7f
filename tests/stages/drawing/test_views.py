"""Views of a model: which images are drawn where, and what no view is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.drawing import views
from posectl.stages.drawing.manifold import beside_prior
from posectl.stages.options import PlotOptions, RenderOptions, TrainOptions
from posectl.stages.plot import plot
from posectl.stages.prepare import prepare
from posectl.stages.render import render
from posectl.stages.run import Run
from posectl.stages.train import train

SMALL = TrainOptions(net="mlp", set=("mlp.widths=16",), latent=2, steps=30, batch=8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A store with models of images of three classes, bright in the row that names theirs."""
    run = Run(store=tmp_path_factory.mktemp("views") / "artifacts", threads=1)
    labels = np.arange(60) % 3
    images = np.random.default_rng(0).normal(-0.8, 0.1, size=(60, 1, 4, 4)).astype(np.float32)
    images[np.arange(60), 0, labels] += 1.5
    with run.artifacts.draft("dataset", "rows") as draft:
        draft.put("samples", images, ("sample", "channel", "row", "column"))
        draft.put("label", labels.astype(np.int32), ("sample",))
        draft.put("split", (np.arange(60) >= 30).astype(np.uint8), ("sample",))
        draft.record(about={"kind": "images", "classes": 3, "class_names": ["top", "middle", "low"]})
        draft.publish()
    for name, reg, *settings in (
        ("plain", "none"), ("normal", "aae"), ("told", "aae", "aae.prior=mixture", "aae.labels=true"),
        ("styled", "aae-supervised", "aae-supervised.width=8"),
        ("clustered", "aae-cluster", "aae-cluster.width=8", "aae-cluster.clusters=4"),
        ("reduced", "aae-reduce", "aae-reduce.width=8"),
    ):  # fmt: skip
        train(replace(run, name=name), "rows", replace(SMALL, reg=(reg,), set=(*SMALL.set, *settings)))
    return run


def drawn_rows(monkeypatch, run, tmp_path, subject, **options):
    """The rows of images that a view draws, and what else it says of them."""
    seen = {}
    real = views.draw_rows
    monkeypatch.setattr(views, "draw_rows", lambda rows, **said: seen.update(rows=rows, **said) or real(rows, **said))
    render(run, [subject], tmp_path / "a.png", RenderOptions(**options))
    return seen


def test_a_row_is_an_image_and_its_style_under_every_label(run, monkeypatch, tmp_path):
    seen = drawn_rows(monkeypatch, run, tmp_path, "styled", styles=True, most=5)
    assert seen["column_labels"] == ["image", "top", "middle", "low"]
    assert [len(row) for row in seen["rows"]] == [4] * 5
    test = run.artifacts.get("rows").read("samples")[30:]
    np.testing.assert_array_equal(seen["rows"][0][0], test[0])
    np.testing.assert_array_equal(seen["rows"][-1][0], test[-1])
    model = load_model(run, run.artifacts.get("styled"))
    code = model.encode(torch.from_numpy(test[:1]))
    code[:, :3] = torch.tensor([0.0, 0.0, 1.0])
    np.testing.assert_allclose(seen["rows"][0][3], model.decode(code)[0], atol=1e-6)


def test_a_row_is_a_cluster_behind_its_head(run, monkeypatch, tmp_path):
    seen = drawn_rows(monkeypatch, run, tmp_path, "clustered", clusters=True, columns=6)
    model = load_model(run, run.artifacts.get("clustered"))
    test = torch.from_numpy(run.artifacts.get("rows").read("samples")[30:])
    cluster = model.probabilities(test).argmax(1)
    assert len(seen["rows"]) == 4
    for i, row in enumerate(seen["rows"]):
        head = torch.zeros(1, 6)
        head[0, i] = 1
        np.testing.assert_allclose(row[0], model.decode(head)[0], atol=1e-6)
        assert len(row) == 1 + min(5, int((cluster == i).sum()))
        of_cluster = {image.tobytes() for image in test[cluster == i].numpy()}
        assert {image.tobytes() for image in row[1:]} <= of_cluster
        assert seen["row_labels"][i].endswith(f"{100 * (cluster == i).double().mean():.1f} %")


def test_the_heads_of_a_reduction_are_decoded_where_they_lie(run):
    model = load_model(run, run.artifacts.get("reduced"))
    heads = model.encoder.heads.matrix[0].detach()
    np.testing.assert_allclose(views.head_images(model), model.decode(heads), atol=1e-6)


def test_quantiles_cut_the_prior_into_equal_shares():
    codes = views.quantiles(4).double()
    shares = torch.special.ndtr(codes).unflatten(0, (4, 4))
    line = torch.tensor([0.125, 0.375, 0.625, 0.875], dtype=torch.float64)
    torch.testing.assert_close(shares[..., 0], line.expand(4, 4), atol=1e-6, rtol=0)  # to the right
    torch.testing.assert_close(shares[..., 1], line.flip(0)[:, None].expand(4, 4), atol=1e-6, rtol=0)  # upwards


@pytest.mark.parametrize("subject", ["plain", "normal"])
def test_a_manifold_is_drawn_of_a_normal_prior(run, tmp_path, subject):
    assert render(run, [subject], tmp_path / "a.png", RenderOptions(quantiles=True, columns=3))["frames"] == 1


@pytest.mark.parametrize(
    ("subject", "options", "error", "message", "hint"),
    [
        ("plain", {"styles": True}, UsageError, "no labels", "aae-supervised"),
        ("told", {"quantiles": True}, UsageError, "not distributed as N", "--reg aae --latent 2"),
        ("styled", {"quantiles": True}, UsageError, "not distributed as N", "--reg aae --latent 2"),
        ("styled", {"styles": True, "clusters": True}, UsageError, "pictures of their own", "one after"),
    ],
)
def test_what_has_no_such_view_is_told_what_makes_one(run, tmp_path, subject, options, error, message, hint):
    with pytest.raises(error, match=message) as raised:
        render(run, [subject], tmp_path / "a.png", RenderOptions(**options))
    assert hint in raised.value.hint


def test_a_view_is_still_and_of_images(run, tmp_path):
    with pytest.raises(UsageError, match="still picture"):
        render(run, ["styled"], tmp_path / "a.gif", RenderOptions(styles=True))
    poses = Run(store=tmp_path / "artifacts", threads=1)
    prepare(poses, "mannequin", options={"subjects": 2, "seconds": 0.5})
    train(replace(poses, name="man"), None, replace(SMALL, latent=3))
    with pytest.raises(InvalidInputError, match="models of images"):
        render(poses, ["man"], tmp_path / "b.png", RenderOptions(quantiles=True))


def test_codes_stand_beside_as_many_draws_in_the_same_colours(run, tmp_path):
    codes, prior = beside_prior(run, run.artifacts.get("told")).values()
    assert codes.codes.shape == prior.codes.shape == (60, 2)
    assert codes.classes == prior.classes == ["top", "middle", "low"]
    # The star's arms: class k lies about 1.4 in the direction 2 pi k / 3.
    middle = np.stack([prior.codes[prior.values == k].mean(0) for k in range(3)])
    turn = 2 * np.pi * np.arange(3) / 3
    np.testing.assert_allclose(middle, 1.4 * np.stack([np.cos(turn), np.sin(turn)], 1), atol=0.5)
    made = plot(run, ["told"], tmp_path / "a.png", PlotOptions(kind="prior"))["figure"]
    assert [axes.get_title("left").partition(",")[0] for axes in made.axes] == ["told:v1", "prior"]
    assert "MMD²" in made.axes[0].get_title("left")
    assert made.axes[0].get_xlim() == made.axes[1].get_xlim()


def test_a_prior_of_no_classes_is_grey(run):
    _, prior = beside_prior(run, run.artifacts.get("normal")).values()
    assert prior.values is None
