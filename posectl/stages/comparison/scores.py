"""Scores artifacts: those of a subject, their labels, and the differences of their protocols."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from posectl.core.metrics import Score
from posectl.core.objectives import OBJECTIVES
from posectl.errors import UsageError, did_you_mean
from posectl.stages.artifacts.about import Description, ModelAbout, ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE, is_baseline
from posectl.stages.artifacts.model import model_about
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def flat(scores: Mapping[str, Score]) -> dict[str, Score]:
    """Return scores with the parts of composite ones (prdc) under names of their own: `prdc.precision`."""
    out: dict[str, Score] = {}
    for name, entry in scores.items():
        if "mean" in entry:
            out[name] = entry
        else:
            out |= {f"{name}.{part}": sub for part, sub in entry.items() if isinstance(sub, dict)}
    return out


def newest_scores(run: Run) -> dict[str, Artifact]:
    """Find the newest scores of every subject, by its digest."""
    return {parent.digest: scores for scores in run.artifacts.artifacts("scores") for parent in scores.parents}


def scored_model(run: Run, scores: Artifact) -> ModelAbout | None:
    """Read the `about` of the model behind scores; None where another subject was scored, or it is gone."""
    model = parent_of(run, scores, "model")
    return None if model is None else model_about(model)


def label(run: Run, scores: Artifact) -> str:
    """Name a column: the model's regularizers with their lambdas and latent size, or the subject."""
    model = parent_of(run, scores, "model")
    if model is None:
        subject = read_about(scores, ScoresAbout).label if scores.kind == "scores" else ""
        return (subject or scores.ref).removeprefix(BASELINE)
    return model_label(model)


def model_label(model: Artifact) -> str:
    """Name a model by its regularizers with their lambdas, and its latent size."""
    about = model_about(model)
    parts = [_term(each) for each in about.objectives if each["name"] != "none"]
    return f"{' + '.join(parts) or 'plain'}, d={about.net['latent']}"


# The published tables' rows, in their order.
HEADLINE = (
    "anci", "smoothness_ratio", "mean_distance", "smoothness", "overshoot", "precision_distance", "recall_distance",
    "reconstruction_mpjpe", "reconstruction_mse",
)  # fmt: skip
ALL = "all"


def choose(held: Collection[str], asked: Sequence[str], default: Sequence[str] = HEADLINE) -> list[str]:
    """Return the names of the metrics to show: those asked for; else the default ones that are held; else, and where
    `all` is asked for, all. Raises UsageError for a name that is not held."""
    for name in asked:
        if name not in {*held, ALL}:
            raise UsageError(f"No score holds {name!r}.", did_you_mean(name, held))
    rest = sorted(set(held) - set(HEADLINE))
    if ALL in asked:
        return [name for name in (*HEADLINE, *rest) if name in held]
    return [*asked] or [name for name in default if name in held] or rest


def with_unit(name: str, unit: str) -> str:
    """Return the name of a metric with its unit, if it has one."""
    return name if unit == "1" else f"{name} ({unit})"


def in_millimetres(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a score in metres in millimetres, as people read it; any other as it is."""
    if score["unit"] != "m":
        return dict(score)
    powers = {"mean": 1, "std": 1, "median": 1, "minimum": 1, "maximum": 1, "variance": 2}
    known = {key: power for key, power in powers.items() if score.get(key) is not None}
    return {**score, **{key: 1000**power * score[key] for key, power in known.items()}, "unit": "mm"}


def _term(described: Description) -> str:
    """Name a regularizer with its lambda, if there is a term that this weighs."""
    name = str(described["name"])
    return f"{name} λ={described['lam']:g}" if OBJECTIVES.get(name).has_term else name


def differences(artifacts: Sequence[Artifact]) -> list[str]:
    """Say in a sentence each in which parts of the protocol scores differ: they are then not comparable in it.

    A baseline has no settings of models, such as the path, so that it cannot differ in them.
    """
    protocols: list[dict[str, Any]] = [a.summary["protocol"] for a in artifacts]
    warnings = []
    for key in sorted({key for protocol in protocols for key in protocol} - {"subject"}):
        asked = [p for p in protocols if key in p or not is_baseline(p["subject"])]
        values = {json.dumps(protocol.get(key)) for protocol in asked}
        if len(values) > 1:
            warnings.append(f"The scores differ in {key}: {', '.join(sorted(values))}.")
    return warnings
