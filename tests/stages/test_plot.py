"""Figures of scores: which curves they show, of whom, and what is beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posectl.errors import ConflictError, InvalidInputError, NotFoundError, UsageError
from posectl.stages.drawing.score_curves import (
    error_panels,
    factor_distances,
    newest_of,
    over_images_seen,
    retrieved,
)
from posectl.stages.evaluate import evaluate
from posectl.stages.interpolate import interpolate
from posectl.stages.options import EvaluateOptions, InterpolateOptions, PlotOptions, TrainOptions
from posectl.stages.plot import plot
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

TINY = TrainOptions(net="mlp", set=("mlp.widths=16",), latent=4, steps=30, batch=8, snapshots=3)
METRICS = ("alpha_mse", "interval_mse", "alpha_retrieval", "factor_distance", "mean_distance", "smoothness")
SIZES = EvaluateOptions(metrics=METRICS, random_pairs=6, intervals=4, interval=40.0)
ON_THE_WAY = replace(SIZES, metrics=("mean_distance", "smoothness"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A store with two seeds of a model of the pole, scored at the end and, the first, at its snapshots."""
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "pole", options={"size": 16, "grey": True})
    for seed, name in enumerate(("first", "second")):
        model = train(replace(run, seed=seed, name=name), "pole", TINY).ref
        evaluate(replace(run, name=f"{name}-scores"), model, None, SIZES)
    for step in run.artifacts.get("first").about["snapshots"]:
        evaluate(replace(run, name="on-the-way"), "first", None, replace(ON_THE_WAY, weights=f"step-{step}"))
    return run


@pytest.fixture
def told(run, monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr(run, "tell", heard.append)
    return heard


@pytest.fixture
def scores(run):
    return run.artifacts.get("first-scores")


def mean_of(artifact, metric):
    return artifact.summary["scores"][metric]["mean"]


def test_errors_are_those_scored_with_the_cross_fade_first(run, scores):
    over_alpha, deviation, by_interval = error_panels(run, [scores])
    assert list(over_alpha.lines) == ["crossfade", "plain, d=4"]
    for panel, metric, axis, curve in (
        (over_alpha, "alpha_mse", "alpha", "mean"),
        (deviation, "alpha_mse", "alpha", "std"),
        (by_interval, "interval_mse", "degrees", "mean"),
    ):
        x, y = panel.lines["plain, d=4"]
        np.testing.assert_array_equal(x, scores.read(f"{metric}/{axis}"))
        np.testing.assert_array_equal(y, scores.read(f"{metric}/{curve}"))
    np.testing.assert_allclose(over_alpha.lines["crossfade"][0], np.linspace(0, 1, 9))  # 40 degrees by 5
    faded = over_alpha.lines["crossfade"][1]
    assert faded[0] == faded[-1] == 0  # it begins and ends at the real images
    assert faded[1:-1].min() > 0
    np.testing.assert_array_equal(by_interval.lines["crossfade"][0], np.arange(15, 85, 5))


def test_the_cross_fade_is_no_second_time_beside_itself(run, scores):
    baseline = evaluate(run, "baseline:crossfade", "pole", SIZES).artifact
    assert list(error_panels(run, [scores, baseline])[0].lines) == ["plain, d=4", "crossfade"]


def test_a_perfect_path_is_retrieved_along_the_diagonal(run):
    perfect = evaluate(run, "baseline:perfect", "pole", SIZES).artifact
    found = retrieved(run, [perfect])
    assert list(found) == ["crossfade", "perfect"]
    for curve in found["perfect"]:  # median and quartiles all
        np.testing.assert_allclose(curve, np.linspace(0, 1, 9), atol=1e-9)
    # A fade looks like either end, and like nothing between.
    middle = found["crossfade"].median[1:-1]
    assert np.abs(middle - np.linspace(0, 1, 9)[1:-1]).max() > 0.1


def test_distances_are_those_scored_with_their_unit(run, scores):
    methods, unit = factor_distances(run, [scores])
    assert unit == "deg"
    for name in ("to_start", "to_end", "even_to_start", "even_to_end"):
        np.testing.assert_array_equal(getattr(methods["plain, d=4"], name), scores.read(f"factor_distance/{name}"))


def test_a_training_is_shown_over_the_images_seen_by_all_scores_of_its_models(run):
    models = [run.artifacts.get(name) for name in ("first", "second")]
    points, levels = over_images_seen(run, models)
    assert list(points) == ["mean_distance", "smoothness"]
    seen, values = points["mean_distance"]["plain, d=4"]
    by_step = [run.artifacts.get(f"on-the-way:v{i}") for i in (1, 2, 3)]
    steps = models[0].about["snapshots"]
    # The last snapshot is the end of the training, and was scored once by either name.
    assert steps[-1] == 30
    assert sorted(seen) == sorted([*(8 * step for step in steps), 240])
    expected = {8 * step: mean_of(each, "mean_distance") for step, each in zip(steps, by_step, strict=True)}
    assert {x: y for x, y in zip(seen, values, strict=True) if x < 240} == {
        x: y for x, y in expected.items() if x < 240
    }
    ends = {mean_of(by_step[-1], "mean_distance"), mean_of(run.artifacts.get("second-scores"), "mean_distance")}
    assert {y for x, y in zip(seen, values, strict=True) if x == 240} == ends
    crossfade = next(
        a
        for a in run.artifacts.artifacts("scores")
        if a.about["label"] == "baseline:crossfade" and "smoothness" in a.summary["scores"]
    )
    assert levels["smoothness"] == {"crossfade": mean_of(crossfade, "smoothness")}


def test_other_metrics_are_shown_when_asked_for(run):
    points, _ = over_images_seen(run, [run.artifacts.get("first")], ["alpha_mse"])
    assert {name: list(lines["plain, d=4"][0]) for name, lines in points.items()} == {"alpha_mse": [240]}
    with pytest.raises(UsageError, match="anci"):
        over_images_seen(run, [run.artifacts.get("first")], ["anci"])


def test_a_model_stands_for_its_scores_at_the_end_of_training(run, scores):
    assert [each.ref for each in newest_of(run, [run.artifacts.get("first")])] == [scores.ref]


def test_different_protocols_are_told_but_steps_of_a_training_are_none(run, scores, told):
    over_images_seen(run, [run.artifacts.get("first")])
    assert told == []
    other = evaluate(replace(run, name="other"), "second", None, replace(SIZES, interval=60.0)).artifact
    told.clear()
    error_panels(run, [scores, other])
    assert any("interval" in sentence for sentence in told)


def test_scores_without_the_curves_are_told(run):
    bare = evaluate(replace(run, name="bare"), "second", None, replace(SIZES, metrics=("mean_distance",))).artifact
    for ask in (error_panels, retrieved, factor_distances):
        with pytest.raises(InvalidInputError, match="Not all of these scores hold"):
            ask(run, [bare])


def test_figures_are_chosen_by_their_subjects(run, tmp_path):
    chosen = {
        subject: plot(run, [subject], tmp_path / f"{i}.png")["kind"]
        for i, subject in enumerate(("first-scores", "first"))
    }
    assert chosen == {"first-scores": "errors", "first": "training"}
    for kind in ("retrieval", "distances", "training-curve", "transitions", "manifold"):
        assert plot(run, ["first"], tmp_path / f"{kind}.svg", PlotOptions(kind=kind))["kind"] == kind
        assert (tmp_path / f"{kind}.svg").stat().st_size > 5000


def test_a_model_has_one_colour_in_all_figures_of_a_store(run, tmp_path):
    def colours(subjects, kind):
        axes = plot(run, subjects, tmp_path / "a.svg", PlotOptions(kind=kind))["figure"].axes[0]
        (tmp_path / "a.svg").unlink()
        return [to_rgb(line.get_color()) for line in axes.lines]

    first, second = (colours([name], "training")[0] for name in ("first", "second"))
    assert first != second
    assert colours(["first", "second"], "training") == [first, second]
    assert colours(["second", "first"], "training") == [second, first]
    for kind in ("transitions", "errors"):
        assert second in colours(["second-scores"], kind)
        assert first not in colours(["second-scores"], kind)
        assert first in colours(["first-scores"], kind)


def test_lengths_of_poses_are_in_millimetres_and_headline_metrics_come_alone(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    prepare(run, "mannequin", options={"subjects": 4, "seconds": 0.5})
    model = train(replace(run, name="plain"), None, replace(TINY, snapshots=0))
    metrics = ("mean_distance", "smoothness_ratio", "bone_length_error")
    sizes = EvaluateOptions(metrics=metrics, endpoints=4, steps=5, random_pairs=5)
    scores = evaluate(run, "plain", None, sizes).artifact
    points, _ = over_images_seen(run, [scores])
    assert list(points) == ["mean_distance (mm)", "smoothness_ratio"]
    assert points["mean_distance (mm)"]["plain, d=4"][1] == pytest.approx([1000 * mean_of(scores, "mean_distance")])
    every, _ = over_images_seen(run, [scores], ["all"])
    assert list(every) == [
        "smoothness_ratio", "mean_distance (mm)", "bone_length_error (mm)", "mean_distance.test (mm)",
    ]  # fmt: skip
    figure = plot(run, ["plain"], None)["figure"]
    axes = next(axes for axes in figure.axes if axes.get_title(loc="left") == "test error (mm)")
    assert axes.lines[0].get_ydata()[-1] == pytest.approx(1000 * model.figures["test_error"])


def test_one_path_is_named_with_its_model(run, tmp_path):
    ends = ("pole#1", "pole#99")
    interpolate(replace(run, name="way"), *ends, "second", InterpolateOptions(steps=5))
    (axes,) = plot(run, ["way"], tmp_path / "a.png")["figure"].axes
    assert axes.get_title(loc="left") == "way#0: plain, d=4"
    with pytest.raises(NotFoundError, match="way#1") as error:
        plot(run, ["way#1"], tmp_path / "b.png")
    assert "#0 to #0" in error.value.hint
    np.save(tmp_path / "p.npy", np.random.default_rng(0).normal(size=(5, 17, 3)))
    (axes,) = plot(run, [str(tmp_path / "p.npy")], tmp_path / "c.png")["figure"].axes
    assert len(axes.lines[0].get_xdata()) == 4
    np.save(tmp_path / "still.npy", np.ones((1, 1, 17, 3)))
    with pytest.raises(InvalidInputError, match="one step"):
        plot(run, [str(tmp_path / "still.npy")], tmp_path / "d.png")


def test_what_no_figure_can_show_is_told(run, tmp_path):
    out = tmp_path / "a.png"
    with pytest.raises(InvalidInputError, match="model and scores"):
        plot(run, ["first", "first-scores"], out)
    with pytest.raises(UsageError, match="one model"):
        plot(run, ["first", "second"], out, PlotOptions(kind="manifold"))
    with pytest.raises(InvalidInputError, match="is a scores"):
        plot(run, ["first-scores"], out, PlotOptions(kind="manifold"))
    np.save(tmp_path / "p.npy", np.zeros((2, 5, 17, 3)))
    with pytest.raises(InvalidInputError, match="only --kind path"):
        plot(run, [str(tmp_path / "p.npy")], out, PlotOptions(kind="errors"))
    assert not out.exists()
    out.touch()
    with pytest.raises(ConflictError):
        plot(run, ["first"], out)
