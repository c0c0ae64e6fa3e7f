"""evaluate: score a model, paths, samples, a baseline, or a file from any other system."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from posectl.core.metrics import METRICS, Score
from posectl.core.metrics.nearest import answers
from posectl.core.metrics.transitions import transition_curve
from posectl.core.nearest.joint import Pass, SearchPendingError
from posectl.core.shards import Workers
from posectl.errors import InvalidInputError, TooFewError, UsageError, did_you_mean
from posectl.stages.artifacts.about import ScoresAbout
from posectl.stages.evaluation.protocol import Evaluation
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.evaluation.warnings import warnings_of
from posectl.stages.options import TASKS, EvaluateOptions
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Draft
from posectl.store.leases import Lease

_FACTORS = "images whose factors are known and go round"
_LABELS = "labelled images in train and test"
_SHAPES = "clouds whose factors are known (prepare shapes)"
_GROUNDS = {
    **dict.fromkeys(("morph_paths", "morph_truth", "sum_clouds", "sum_truth"), _SHAPES),
    **dict.fromkeys(("cloud_sets", "cloud_samples", "cloud_reference"), "generated clouds and real ones"),
    **dict.fromkeys(("clouds", "reconstructed_clouds"), "a model of clouds"),
    **dict.fromkeys(
        ("trace", "true_images", "interval_paths", "interval_truth", "interval_trace", "retrieval_trace"), _FACTORS
    ),
    **dict.fromkeys(
        ("interval_sweep", "beyond_paths", "beyond_truth", "beyond_alpha"), f"a model or baseline of {_FACTORS}"
    ),
    **dict.fromkeys(("codes", "test_codes", "path_codes", "real_codes"), "a model"),
    "edits": "attribute vectors",
    **dict.fromkeys(("labels", "test_labels", "classes", "train_samples"), _LABELS),
    "class_probabilities": "a model that tells classes apart",
    **dict.fromkeys(("cluster_probabilities", "test_cluster_probabilities"), "a model of clusters"),
    **dict.fromkeys(("labelled_samples", "labelled_labels"), "a model that classifies, of 10,000 labels at most"),
    "test_samples": "images whose classes are known",
    **dict.fromkeys(("matched_codes", "prior_codes"), "a model with test samples"),
    "object_trace": "a model or baseline of images of several objects on turntables",
    "probe_log": "the last weights of a model of `posectl train --reg probe`",
    **dict.fromkeys(("originals", "reconstructions"), "a model of images"),
}
"""The words for missing inputs; the rest go by their own names."""


def evaluate(
    run: Run,
    subject: str | np.ndarray | None = None,
    against: str | None = None,
    options: EvaluateOptions = EvaluateOptions(),
    *,
    lease: Lease | None = None,
    workers: Workers | None = None,
) -> Result:
    """Score the subject (the newest model if None) and publish a scores artifact.

    A model makes the paths and samples that the protocol asks for, against the dataset it was trained on; attribute
    vectors are scored by what moves along them change in test samples; a paths or samples artifact, file or array as it
    is: (B, T, J, 3) are paths, (N, J, 3) samples; (B, T, H, W) and (B, T, C, H, W) are paths of images, and (N, C, H,
    W) samples, if options.shape says so. "baseline:crossfade" and its like need a dataset of images and no model.
    against names another reference, a dataset or, of poses, a file. options.task is scored in place of metrics, of a
    model, of "baseline:regression" and its like, and generation of samples, too. lease: under which it is done.
    workers: what searches a reference beyond memory, in place of options.jobs processes.
    Figures: `scores` (metric -> statistics), `protocol` and `warnings`; curves are arrays of the artifact,
    `METRIC/NAME`. Raises UsageError for a metric that does not exist, InvalidInputError for one whose inputs the
    subject lacks.
    """
    check_metrics(options)
    joint = Pass(answers)
    evaluation = open_subject(run, subject, against, options, workers, joint)
    try:
        while True:
            with suppress(SearchPendingError):
                return score(evaluation, lease)
            joint.run()
    finally:
        evaluation.inputs.clear()


def score(evaluation: Evaluation, lease: Lease | None = None) -> Result:
    """Score an opened subject and publish the scores, as `evaluate` does, under a lease.

    Raises SearchPendingError where searches of a reference beyond memory were asked for: after that pass, score again.
    """
    run, inputs, options = evaluation.run, evaluation.inputs, evaluation.options
    names = _applicable(evaluation, options)

    def fill(draft: Draft) -> dict[str, Any]:
        scores = _scores(evaluation, names)
        for name, each in scores.items():
            _put_curve(draft, name, each)
        if inputs.made("paths"):  # by a metric: of the others' scores nobody draws them
            curve = transition_curve(inputs.get("paths"), evaluation.kind, options.compat)
            draft.put("transitions/mean", curve.mean.numpy(), ("transition",))
            draft.put("transitions/std", curve.std.numpy(), ("transition",))
        return {
            "scores": scores,
            "protocol": evaluation.protocol,
            "warnings": warnings_of(inputs, evaluation.kind, scores),
        }

    return produce(
        run, "scores", f"{evaluation.name}-{options.task or 'scores'}", run.config(options), fill, stage="evaluate",
        modules=[*evaluation.modules, *(module for name in names for module in inputs.modules(name))],
        parents=evaluation.parents, inputs=evaluation.files, device=str(evaluation.device),
        about=ScoresAbout(label=evaluation.label, kind=evaluation.kind.name), lease=lease,
    )  # fmt: skip


def _scores(evaluation: Evaluation, names: list[str]) -> dict[str, Score]:
    """Compute metrics, but for those that have too few samples and were not asked for.

    First come all that may search the reference: where that is beyond memory, one pass over it answers them all, and
    little is held meanwhile.
    """
    run, inputs = evaluation.run, evaluation.inputs
    searching = [name for name in names if inputs.needs(name, "reference")]
    scores: dict[str, Score] = {}
    waits = False
    for i, name in enumerate([*searching, *(name for name in names if name not in searching)]):
        if waits and i == len(searching):
            break
        run.progress(Progress(f"scoring {name}", i, len(names), "metrics"))
        try:
            scores[name] = inputs.score(name)
        except SearchPendingError:
            waits = True
        except TooFewError as error:
            if name in evaluation.options.metrics or len(names) == 1:
                raise
            run.tell(f"{name} is left out: {error.message}")
    if waits:
        raise SearchPendingError
    run.progress(Progress("scoring", len(names), len(names), "metrics"))
    return {name: scores[name] for name in names if name in scores}


def check_metrics(options: EvaluateOptions) -> None:
    """Raise UsageError for a metric that there is not, or tasks that are none."""
    for name in options.metrics:
        METRICS.get(name)
    _check_task(options)


def _check_task(options: EvaluateOptions) -> None:
    """Raise UsageError for a task that there is not, or one beside metrics."""
    asked = next((name for name in options.metrics if name in TASKS), None)
    if asked is not None:
        raise UsageError(f"{asked} is a task.", f"--task {asked}, without --metric.")
    if options.task is None:
        return
    if options.task not in TASKS:
        raise UsageError(f"There is no task {options.task!r}.", did_you_mean(options.task, TASKS))
    if options.metrics:
        raise UsageError("A task has its own metrics.", "Leave out --metric, or --task.")


def _put_curve(draft: Draft, name: str, score: Score) -> None:
    """Move a metric's curve from its score to arrays of the artifact, over the axis that it names first; a matrix is
    over it twice."""
    curve = score.pop("curve", {})
    axis = next(iter(curve), "")
    for key, values in curve.items():
        draft.put(f"{name}/{key}", values.numpy(), (axis, f"{axis}_2")[: values.ndim])


def _applicable(evaluation: Evaluation, options: EvaluateOptions) -> list[str]:
    """Return the metrics to compute: those asked for, or all that the subject allows."""
    inputs, label = evaluation.inputs, evaluation.label
    if options.task is not None:
        return [options.task]
    missing = {name: inputs.lacking(name) for name in options.metrics or METRICS.names()}
    for name in options.metrics:
        if missing[name]:
            needs = dict.fromkeys(_GROUNDS.get(key, key) for key in missing[name])
            hint = "Name a reference with --against, or evaluate a model."
            if inputs.has("reference") and _FACTORS in needs:
                hint = "Lines, the pole and turntables have factors: `posectl prepare lines`."
            raise InvalidInputError(f"{name} needs {' and '.join(needs)}, which {label} does not give.", hint)
    names = list(options.metrics) or [name for name, lacks in missing.items() if not lacks]
    if not names:
        raise InvalidInputError(f"{label} gives no inputs for any metric.", "Name a reference with --against.")
    return names
