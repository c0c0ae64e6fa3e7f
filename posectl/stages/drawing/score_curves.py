"""The curves of scores in figures: over alpha or the interval, and over training, with the baselines beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from posectl.core.metrics import Score
from posectl.errors import InvalidInputError
from posectl.render.figures import DistanceCurve, Panel, PeakCurve, RetrievalCurve
from posectl.stages.artifacts.about import ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE
from posectl.stages.artifacts.members import members
from posectl.stages.comparison.baselines import missing_baselines
from posectl.stages.comparison.scores import choose, differences, flat, in_millimetres, label, task_of, with_unit
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact

_CROSSFADE = f"{BASELINE}crossfade"
_SNAPSHOT = "step-"

Points = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


def error_panels(run: Run, scores: Sequence[Artifact]) -> list[Panel]:
    """Return panels of the mean and the deviation of the errors over alpha, and the mean over lengths of the interval,
    as far as all scores hold them. Raises InvalidInputError where they hold neither."""
    shown = _beside_crossfade(run, scores)
    held = [name for name in ("alpha_mse", "interval_mse") if all(a.has(f"{name}/mean") for a in shown.values())]
    if not held:
        raise _missing("errors against true images", "alpha_mse,interval_mse")

    def lines(metric: str, axis: str, curve: str) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        return {name: (a.read(f"{metric}/{axis}"), a.read(f"{metric}/{curve}")) for name, a in shown.items()}

    panels = []
    if "alpha_mse" in held:
        panels.append(Panel("MSE", "α", lines("alpha_mse", "alpha", "mean")))
        panels.append(Panel("its standard deviation", "α", lines("alpha_mse", "alpha", "std")))
    if "interval_mse" in held:
        panels.append(Panel("MSE by interval", "interval (deg)", lines("interval_mse", "degrees", "mean")))
    return panels


def inside_balls(run: Run, scores: Sequence[Artifact]) -> Panel:
    """Return the panel of the share of mixed codes that lie among real ones, over alpha."""
    _tell_differences(run, scores)
    shown = labelled(run, scores)
    if not all(a.has("convexity/mean") for a in shown.values()):
        raise InvalidInputError(
            "Not all of these scores hold convexity.", "`posectl evaluate MODEL --metric convexity`."
        )
    lines = {name: (a.read("convexity/alpha"), a.read("convexity/mean")) for name, a in shown.items()}
    return Panel("share of codes among real ones", "α", lines)


def retrieved(run: Run, scores: Sequence[Artifact]) -> dict[str, RetrievalCurve]:
    """Return the alpha of the nearest real image, by label."""
    shown = _beside_crossfade(run, scores)
    if not all(a.has("alpha_retrieval/median") for a in shown.values()):
        raise _missing("retrieved alphas", "alpha_retrieval")
    return {
        name: RetrievalCurve(*(a.read(f"alpha_retrieval/{curve}") for curve in RetrievalCurve._fields))
        for name, a in shown.items()
    }


def peaks(run: Run, scores: Sequence[Artifact]) -> dict[str, PeakCurve]:
    """Return where paths are fastest, by label."""
    shown = labelled(run, scores)
    if not all(a.has("speed_peak/share") for a in shown.values()):
        what = "Not all of these scores hold where paths are fastest."
        raise InvalidInputError(what, "`posectl evaluate --metric speed_peak` scores each.")
    return {
        name: PeakCurve(*(a.read(f"speed_peak/{curve}") for curve in PeakCurve._fields)) for name, a in shown.items()
    }


def factor_distances(run: Run, scores: Sequence[Artifact]) -> tuple[dict[str, DistanceCurve], str]:
    """Return the distances to both ends in the space of the factors, by label, and their unit; angles in degrees."""
    shown = _beside_crossfade(run, scores)
    if not all(a.has("factor_distance/to_start") for a in shown.values()):
        raise _missing("distances between factors", "factor_distance")
    unit = str(next(iter(shown.values())).summary["scores"]["factor_distance"]["unit"])
    turn = np.degrees if unit == "rad" else np.asarray
    return {
        name: DistanceCurve(
            a.read("factor_distance/alpha"),
            *(turn(a.read(f"factor_distance/{curve}")) for curve in DistanceCurve._fields[1:]),
        )
        for name, a in shown.items()
    }, "deg" if unit == "rad" else unit


def over_images_seen(
    run: Run, subjects: Sequence[Artifact], metrics: Sequence[str] = ()
) -> tuple[Points, dict[str, dict[str, float]]]:
    """Return metric -> label -> (samples seen (n,), means (n,)), and metric -> label -> the mean of a baseline.

    Subjects are scores of models at different steps; a model stands for all its scores. Models of the same label, such
    as those of several seeds, share a line. metrics: names, "all"; (): Mean Distance and smoothness, of poses the
    smoothness ratio. Lengths are in millimetres, and units in the metrics' names. Raises UsageError for a metric that
    no score holds.
    """
    scores = every_score(run, subjects)
    baselines = [each for each in scores if read_about(each, ScoresAbout).label.startswith(BASELINE)]
    trained = [each for each in scores if each not in baselines]
    _tell_differences(run, trained)
    by_step = _by_step(run, trained)
    found = {key: _last([flat(a.summary["scores"]) for a in some]) for key, some in by_step.items()}
    units = {name: score["unit"] for means in found.values() for name, score in means.items()}
    smoothness = "smoothness" if "smoothness" in units else "smoothness_ratio"
    shown = choose(units, metrics, ("mean_distance", smoothness))
    points: dict[str, dict[str, list[tuple[float, float]]]] = {metric: {} for metric in shown}
    for metric, lines in points.items():
        for (model, seen), some in by_step.items():
            score = found[model, seen].get(metric, {"mean": None})
            if score["mean"] is not None:
                lines.setdefault(label(run, some[-1]), []).append((seen, score["mean"]))
    levels: dict[str, dict[str, float]] = {metric: {} for metric in points}
    for artifact in [*missing_baselines(run, [*trained, *baselines]), *baselines]:
        for metric, score in _last([flat(artifact.summary["scores"])]).items():
            if metric in levels and score["mean"] is not None:
                levels[metric][label(run, artifact)] = score["mean"]
    named = {metric: with_unit(metric, units[metric]) for metric in points}
    curves = {
        named[metric]: {name: (np.array(pairs)[:, 0], np.array(pairs)[:, 1]) for name, pairs in lines.items()}
        for metric, lines in points.items()
    }
    return curves, {named[metric]: each for metric, each in levels.items()}


def _last(scores: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    """Return the last score of each name, lengths in millimetres."""
    return {name: in_millimetres(score) for each in scores for name, score in each.items()}


def newest_of(run: Run, subjects: Sequence[Artifact]) -> list[Artifact]:
    """Return scores as they are; for each model, or model of a sweep, its newest scores at the end of its training."""
    found = []
    for each in [member for subject in subjects for member in members(run, subject)]:
        scores_of_model = [each] if each.kind == "scores" else [s for s in _scores_of(run, each) if not _is_snapshot(s)]
        if not scores_of_model:
            raise InvalidInputError(f"{each.ref} has no scores.", f"`posectl evaluate {each.ref}` makes some.")
        found.append(scores_of_model[-1])
    return found


def labelled(run: Run, scores: Iterable[Artifact]) -> dict[str, Artifact]:
    """Return scores by label; those of one label also by their refs."""
    named: dict[str, Artifact] = {}
    for artifact in scores:
        name = label(run, artifact)
        named[f"{name} ({artifact.ref})" if name in named else name] = artifact
    return named


def _beside_crossfade(run: Run, scores: Sequence[Artifact]) -> dict[str, Artifact]:
    """Return scores by label, those of the pixel cross-fade by the same protocol first."""
    _tell_differences(run, scores)
    beside = [each for each in missing_baselines(run, scores) if read_about(each, ScoresAbout).label == _CROSSFADE]
    return labelled(run, [*beside, *scores])


def _tell_differences(run: Run, scores: Sequence[Artifact]) -> None:
    """Say where the protocols differ, but for the step of training."""
    by_weights: dict[str, list[Artifact]] = {}
    for each in scores:
        by_weights.setdefault(str(each.summary["protocol"].get("weights")), []).append(each)
    for difference in dict.fromkeys(each for group in by_weights.values() for each in differences(group)):
        run.tell(difference)


def _scores_of(run: Run, model: Artifact) -> list[Artifact]:
    """Return all scores of a model, oldest first, but for those of tasks."""
    every = [each for each in run.artifacts.artifacts("scores") if task_of(each) is None]
    return [s for s in every if any(p.digest == model.digest for p in s.parents)]


def every_score(run: Run, subjects: Sequence[Artifact]) -> list[Artifact]:
    """Return the scores among subjects, and all those of the models and sweeps among them."""
    found = []
    for each in [member for subject in subjects for member in members(run, subject)]:
        scores_of_model = [each] if each.kind == "scores" else _scores_of(run, each)
        if not scores_of_model:
            raise InvalidInputError(f"{each.ref} has no scores.", f"`posectl evaluate {each.ref}` makes some.")
        found += scores_of_model
    return found


def _is_snapshot(scores: Artifact) -> bool:
    return str(scores.summary["protocol"].get("weights", "")).startswith(_SNAPSHOT)


def _by_step(run: Run, scores: Sequence[Artifact]) -> dict[tuple[str, int], list[Artifact]]:
    """Group the scores of each model (its digest) after so many images, in their order: the newer counts."""
    found: dict[tuple[str, int], list[Artifact]] = {}
    for each in scores:
        model = parent_of(run, each, "model")
        if model is None:
            raise InvalidInputError(f"{each.ref} has no model in the store.", "Evaluate a model.")
        weights = each.summary["protocol"].get("weights", "last")
        options = model.config
        steps = {"last": options["steps"]["value"], "best": model.summary["best_step"]}
        step = steps[weights] if weights in steps else int(weights.removeprefix(_SNAPSHOT))
        found.setdefault((model.digest, step * options["batch"]["value"]), []).append(each)
    return found


def _missing(what: str, metrics: str) -> InvalidInputError:
    return InvalidInputError(
        f"Not all of these scores hold {what}.",
        f"`posectl evaluate --metric {metrics}` scores each, against images whose factors are known.",
    )
