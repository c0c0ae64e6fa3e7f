"""Scores artifacts: those of a subject, their labels, and the differences of their protocols."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from posectl.core.latent.priors import PRIORS
from posectl.core.metrics import Score
from posectl.core.objectives import OBJECTIVES
from posectl.errors import UsageError, did_you_mean
from posectl.printable import listed
from posectl.stages.artifacts.about import Description, ModelAbout, ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE
from posectl.stages.artifacts.model import model_about
from posectl.stages.options import RECIPES
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact

BESIDE = ("test", "standardised")
"""The scores that stand beside a published one, in it: by test samples alone; of a layer that sees no scale."""


def flat(scores: Mapping[str, Score]) -> dict[str, Score]:
    """Return scores with the parts of composite ones (prdc), and those that stand beside others, under names of their
    own: `prdc.precision`, `mean_distance.test`."""
    out: dict[str, Score] = {}
    for name, entry in scores.items():
        whole = "mean" in entry
        within = {k: v for k, v in entry.items() if isinstance(v, dict) and (k in BESIDE or not whole)}
        if whole:
            out[name] = {key: value for key, value in entry.items() if key not in within}
        out |= flat({f"{name}.{part}": sub for part, sub in within.items()})
    return out


def scored_model(run: Run, scores: Artifact) -> ModelAbout | None:
    """Read the `about` of the model behind scores; None where another subject was scored, or it is gone."""
    model = parent_of(run, scores, "model")
    return None if model is None else model_about(model)


def task_of(scores: Artifact) -> str | None:
    """Return the task that was scored; None where it was metrics."""
    return scores.summary["protocol"].get("task")


def label(run: Run, scores: Artifact) -> str:
    """Name a column: the model's regularizers with their lambdas and latent size, or the subject."""
    model = parent_of(run, scores, "model")
    if model is None:
        subject = read_about(scores, ScoresAbout).label if scores.kind == "scores" else ""
        return (subject or scores.ref).removeprefix(BASELINE)
    return model_label(model)


def model_label(model: Artifact) -> str:
    """Name a model by its regularizers with their lambdas, or by the recipe that was asked for, and its latent size."""
    about = model_about(model)
    asked, lam = (model.config.get(key, {}).get("value") or [] for key in ("reg", "lam"))
    if len(asked) == 1 and asked[0] in RECIPES:
        parts = [" ".join([asked[0], *(f"λ={weight:g}" for weight in lam)])]
    else:
        parts = [_term(each) for each in about.objectives if each["name"] != "none" and not _observes(each)]
    return f"{' + '.join(parts) or 'plain'}, d={about.net['latent']}"


def heading(run: Run, scores: Artifact) -> str:
    """Name a column: its label, with all that keeps its scores from being the model's plain ones: weights, validation
    samples in place of test samples, a published protocol, draws in place of means, another path than the prior's,
    another reference than the model's dataset."""
    model, protocol = parent_of(run, scores, "model"), scores.summary["protocol"]
    name = label(run, scores)
    weights, compat = str(protocol.get("weights", "last")), protocol.get("compat")
    parts = [] if weights == "last" else [weights.replace("-", " ")]
    parts += ["on validation"] if on_validation(scores) else []
    parts += [f"compat {compat}"] if compat else ["draws"] if drawn(scores) else []
    fitted = str(protocol.get("draws", "prior"))
    parts += [] if fitted == "prior" else [f"{fitted} samples"]
    parts += ["random starts"] if protocol.get("starts") == "random" else []
    if model is not None:
        prior = PRIORS.get(model_about(model).prior)
        path = protocol.get("path")
        parts += [str(path)] if prior is not None and path not in (None, prior.path) else []
        own = {parent.digest for parent in model.parents if parent.role == "dataset"}
        against = {parent.digest for parent in scores.parents if parent.role == "reference"}
        parts += [f"against {protocol['reference']}"] if protocol.get("reference") and against != own else []
    return ", ".join([name, *parts])


def on_validation(scores: Artifact) -> bool:
    """Tell whether validation samples were held against the subject, and no test samples."""
    return scores.config.get("split", {}).get("value") == "validation"


def drawn(scores: Artifact) -> bool:
    """Tell whether codes were drawn from a VAE's posterior."""
    return bool(scores.config.get("sample_posterior", {}).get("value"))


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


def _observes(described: Description) -> bool:
    return OBJECTIVES.get(str(described["name"])).observes


def _term(described: Description) -> str:
    """Name a regularizer with its lambda, if there is a term that this weighs."""
    name = str(described["name"])
    return f"{name} λ={described['lam']:g}" if OBJECTIVES.get(name).has_term else name


def differences(artifacts: Sequence[Artifact]) -> list[str]:
    """Say in a sentence each in which parts of the protocol scores differ: they are then not comparable in it.

    What has no such part, as a baseline and a file have no settings of models, cannot differ in it.
    """
    protocols: list[dict[str, Any]] = [each.summary["protocol"] for each in artifacts]
    warnings = []
    for key in sorted({key for protocol in protocols for key in protocol} - {"subject"}):
        values = {json.dumps(protocol[key]) for protocol in protocols if key in protocol}
        if len(values) > 1:
            warnings.append(f"The scores differ in {key}: {', '.join(sorted(values))}.")
    return warnings


def model_differences(run: Run, artifacts: Sequence[Artifact], seeds: bool = False) -> list[str]:
    """Say in one sentence in which settings the models behind scores differ, but for those that headings name, and for
    their seed where one column stands for several seeds."""
    models = [model for each in artifacts if (model := parent_of(run, each, "model"))]
    settings = [
        {key: entry["value"] for key, entry in model.config.items() if key not in _IN_HEADINGS}
        | {"seed": model.manifest["seed"], "dataset": [p.ref for p in model.parents if p.role == "dataset"]}
        for model in models
    ]
    keys = sorted({key for each in settings for key in each} - ({"seed"} if seeds else set()))
    values = {key: list(dict.fromkeys(_short(each[key]) for each in settings if key in each)) for key in keys}
    parts = [f"{key} ({listed(some, ' | ')})" for key, some in values.items() if len(some) > 1]
    return [f"The models differ in {', '.join(parts)}."] if parts else []


_IN_HEADINGS = {"reg", "lam", "objectives", "latent", "checkpoint_every", "evaluate_every", "snapshots"}


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return str(value)
