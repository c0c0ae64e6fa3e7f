"""Scores artifacts: those of a subject, their labels, and the differences of their protocols."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from posectl.core.metrics import Score
from posectl.core.objectives import OBJECTIVES
from posectl.stages.artifacts.about import Description, ModelAbout, ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE, is_baseline
from posectl.stages.artifacts.model import model_about
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def flat(scores: Mapping[str, Score]) -> dict[str, Score]:
    """Return scores with those that they hold under names of their own: `prdc.precision`, `mean_distance.test`."""
    out: dict[str, Score] = {}
    for name, entry in scores.items():
        within = {part: sub for part, sub in entry.items() if isinstance(sub, dict)}
        if "mean" in entry:
            out[name] = {key: value for key, value in entry.items() if key not in within}
        out |= flat({f"{name}.{part}": sub for part, sub in within.items()})
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
    about = scored_model(run, scores)
    if about is None:
        subject = read_about(scores, ScoresAbout).label if scores.kind == "scores" else ""
        return (subject or scores.ref).removeprefix(BASELINE)
    parts = [_term(each) for each in about.objectives if each["name"] != "none"]
    return f"{' + '.join(parts) or 'plain'}, d={about.net['latent']}"


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
