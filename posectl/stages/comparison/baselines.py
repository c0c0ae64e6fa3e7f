"""Scores of baselines that belong beside others: made by the same protocol where they are not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from posectl.stages.artifacts.about import DatasetAbout, ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE
from posectl.stages.comparison.scores import task_of
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.evaluation.tasks import BASELINES, FITTED
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def missing_baselines(run: Run, artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the scores of baselines that belong beside scores of images and of tasks, by dataset, without those that
    are there."""
    about = {a.ref: read_about(a, ScoresAbout) for a in artifacts}
    there = {(about[a.ref].label, _reference_digest(a)) for a in artifacts}
    beside = []
    for digest, scores in {_reference_digest(a): a for a in artifacts if _is_of_paths(a, about[a.ref])}.items():
        dataset = parent_of(run, scores, "reference")
        if dataset is None:
            continue
        lines = read_about(dataset, DatasetAbout).scene.get("name") == "lines"
        for name in ("crossfade", "perfect") if lines else ("crossfade",):
            made = None if (f"{BASELINE}{name}", digest) in there else _baseline(run, name, scores, dataset)
            beside += [made] if made is not None else []
    return beside + _task_baselines(run, artifacts)


def _task_baselines(run: Run, artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the scores of a task's baselines, and of the first model's code from random starts, on the same poses."""
    there = {a.ref for a in artifacts}
    beside: dict[str, Artifact] = {}
    first = {(task_of(a), _reference_digest(a)): a for a in reversed(artifacts) if task_of(a) is not None}
    for (task, _), scores in reversed(first.items()):
        dataset, model = parent_of(run, scores, "reference"), parent_of(run, scores, "model")
        if dataset is not None:
            made = [_baseline(run, name, scores, dataset) for name in BASELINES[str(task)]]
            beside |= {each.ref: each for each in made if each is not None}
        if task in FITTED and model is not None and scores.summary["protocol"].get("starts") != "random":
            settings = {key: entry["value"] for key, entry in scores.config.items()} | {"starts": "random"}
            against = None if dataset is None else dataset.ref
            random = evaluate(_quietly(run, scores), model.ref, against, EvaluateOptions(**settings)).artifact
            beside[random.ref] = random
    return [each for ref, each in beside.items() if ref not in there]


def _quietly(run: Run, like: Artifact) -> Run:
    return replace(run, name=None, force=False, seed=like.manifest["seed"], tell=lambda message: None)


def _is_of_paths(scores: Artifact, about: ScoresAbout) -> bool:
    """Tell whether scores are of paths of images, and not of attribute vectors."""
    return about.kind == "images" and not any(parent.role == "attribute" for parent in scores.parents)


def _reference_digest(scores: Artifact) -> str | None:
    return next((p.digest for p in scores.parents if p.role == "reference"), None)


def _baseline(run: Run, name: str, like: Artifact, dataset: Artifact) -> Artifact | None:
    """Score a baseline by the protocol of other scores, in the metrics that it allows; None if there is none."""
    settings = {key: entry["value"] for key, entry in like.config.items()}
    asked = tuple(settings["metrics"])
    of_models = {"path": None, "weights": "last", "sample_posterior": False, "draws": "prior", "starts": "neighbours"}
    options = EvaluateOptions(**{**settings, **of_models, "metrics": ()})
    quiet = _quietly(run, like)
    inputs = open_subject(quiet, f"{BASELINE}{name}", dataset.ref, options).inputs
    metrics = tuple(each for each in asked if not inputs.lacking(each))
    if asked and not metrics:
        return None
    return evaluate(quiet, f"{BASELINE}{name}", dataset.ref, replace(options, metrics=metrics)).artifact
