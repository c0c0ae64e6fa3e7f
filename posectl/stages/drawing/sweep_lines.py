"""The lines of sweeps in figures: every metric against lambda, a line for each latent size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posectl.stages.artifacts.about import SweepAbout, read_about
from posectl.stages.artifacts.members import members
from posectl.stages.artifacts.model import model_about
from posectl.stages.comparison.choice import scores_by_subject
from posectl.stages.comparison.scores import BESIDE, differences, flat
from posectl.stages.run import Run, expect
from posectl.store import Artifact

Lines = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


def sweep_lines(run: Run, sweeps: Sequence[Artifact]) -> Lines:
    """Return metric -> label -> (lambdas (n,), values (n,)): the test error, and means of the models' scores.

    Lengths are in millimetres. Where several regularizers are swept, lambda is the one with the most values, and the
    others are in the label. Says where the models were scored by different protocols.
    """
    standing = scores_by_subject(run)
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
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
            for metric, value in _figures(model, scores).items():
                points.setdefault(metric, {}).setdefault(label, []).append((row["lam"][axis], value))
    for difference in differences(scored):
        run.tell(difference)
    return {
        metric: {label: (np.array(pairs)[:, 0], np.array(pairs)[:, 1]) for label, pairs in lines.items()}
        for metric, lines in points.items()
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


def _figures(model: Artifact, scores: Artifact | None) -> dict[str, float]:
    in_metres = model_about(model).samples.unit == "m"
    figures = dict([_in_millimetres("test error", model.summary["test_error"], in_metres)])
    for name, score in flat(scores.summary["scores"]).items() if scores else ():
        if score["mean"] is not None and name.rpartition(".")[2] not in BESIDE:
            figures |= dict([_in_millimetres(name, score["mean"], score["unit"] == "m")])
    return figures


def _in_millimetres(name: str, value: float, in_metres: bool) -> tuple[str, float]:
    return (f"{name} (mm)", 1000 * value) if in_metres else (name, value)
