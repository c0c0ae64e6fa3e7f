"""The lines of sweeps in figures: every metric against lambda, a line for each latent size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posectl.core.metrics import Score
from posectl.stages.artifacts.about import SweepAbout, read_about
from posectl.stages.artifacts.members import members
from posectl.stages.artifacts.model import model_about
from posectl.stages.comparison.choice import scores_by_subject
from posectl.stages.comparison.scores import BESIDE, choose, differences, flat, in_millimetres, with_unit
from posectl.stages.run import Run, expect
from posectl.store import Artifact

ERRORS = {"validation error": "validation_error", "test error": "test_error"}
"""The errors of a training, which stand first: of validation samples, where there are any, for they are chosen by."""

Lines = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


def sweep_lines(run: Run, sweeps: Sequence[Artifact], metrics: Sequence[str] = ()) -> Lines:
    """Return metric -> label -> (lambdas (n,), values (n,)): the validation error, or the test error, and means of
    the models' scores.

    metrics: names, "all"; (): the headline ones. Lengths are in millimetres. Where several regularizers are swept,
    lambda is the one with the most values, and the others are in the label. Says where the models were scored by
    different protocols. Raises UsageError for a metric that no score holds.
    """
    standing = scores_by_subject(run)
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    units: dict[str, str] = {}
    scored = []
    for sweep in sweeps:
        models = members(run, expect(sweep, "sweep"))
        rows = [row for row in sweep.summary["replicas"] if row["model"]]
        axis, labels = _labels(sweep, rows)
        for row, model, label in zip(rows, models, labels, strict=True):
            if len(sweeps) > 1:
                label = f"{label} ({sweep.ref})"
            scores = standing.get(model.digest)
            scored += [scores] if scores else []
            for metric, score in _figures(model, scores).items():
                units[metric] = score["unit"]
                points.setdefault(metric, {}).setdefault(label, []).append((row["lam"][axis], score["mean"]))
    for difference in differences(scored):
        run.tell(difference)
    return {
        with_unit(metric, units[metric]): {label: tuple(np.array(pairs).T) for label, pairs in points[metric].items()}
        for metric in (*ERRORS, *choose(points.keys() - ERRORS.keys(), metrics))
        if metric in points
    }


def _labels(sweep: Artifact, rows: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Return the index of the regularizer on the axis, and the label of each row's line."""
    counts = [len(set(lams)) for lams in zip(*(row["lam"] for row in rows), strict=True)]
    axis = int(np.argmax(counts))
    others = [i for i, count in enumerate(counts) if i != axis and count > 1]
    names = read_about(sweep, SweepAbout).regularizers
    return axis, [
        ", ".join([f"d = {row['latent']}", *(f"{names[i]} λ = {row['lam'][i]:g}" for i in others)]) for row in rows
    ]


def _figures(model: Artifact, scores: Artifact | None) -> dict[str, Score]:
    unit = model_about(model).samples.unit or "1"
    name, key = next((name, key) for name, key in ERRORS.items() if key in model.summary)
    found: dict[str, Score] = {name: {"mean": model.summary[key], "unit": unit}}
    found |= flat(scores.summary["scores"]) if scores else {}
    return {
        name: in_millimetres(score)
        for name, score in found.items()
        if score["mean"] is not None and name.rpartition(".")[2] not in BESIDE
    }
