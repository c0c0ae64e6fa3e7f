"""compare: several scores side by side, as in Table I."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from posectl.core.metrics import METRICS
from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.stages.artifacts.about import DatasetAbout, ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE
from posectl.stages.artifacts.members import members
from posectl.stages.comparison.columns import over_seeds, relative_to
from posectl.stages.comparison.published import LINES, TABLE_I, column, lines_columns
from posectl.stages.comparison.scores import ALL, choose, differences, flat, label, newest_scores, scored_model
from posectl.stages.comparison.tables import Column, Comparison
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def compare(
    run: Run,
    subjects: Sequence[str] = (),
    *,
    published: str | None = None,
    metrics: Sequence[str] = (),
    seeds: bool = False,
    ratio: bool = False,
) -> Comparison:
    """Lay scores side by side: scores artifacts, or models, each by its newest scores; all models' if none is named.
    A sweep stands for its models. Beside scores of images stand those of the pixel cross-fade by the same protocol, and
    beside those of lines a perfect path's; they are made where they are not there.

    published: "d8" or "d16" sets the columns of Table I with the same lambdas beside them, "lines" ACAI's Table 1.
    seeds: models that differ in their seed alone become one column, of the mean over seeds and the spread between them.
    ratio: every figure as a multiple of the first subject's.
    """
    tables = [*TABLE_I, LINES]
    if published is not None and published not in tables:
        raise UsageError(f"There is no published table {published!r}.", did_you_mean(published, tables))
    artifacts = _scores_of(run, subjects) if subjects else _all_scores(run)
    if not artifacts:
        raise InvalidInputError(f"There are no scores in {run.store}.", "`posectl evaluate MODEL` makes some.")
    baselines = missing_baselines(run, artifacts)
    shown = [*baselines, *artifacts]
    labels = [label(run, a) for a in shown]
    names = _distinct_labels(labels, [a.name for a in shown])
    columns = [Column(name, a.ref, flat(a.summary["scores"])) for name, a in zip(names, shown, strict=True)]
    if seeds:
        columns = over_seeds(columns, [_key_without_seed(run, a) for a in shown], labels)
    first = columns[len(baselines)]
    columns += _published(run, published, artifacts) if published else []
    if ratio:
        columns = relative_to(first, columns)
    present = {name for c in columns for name in c.scores}
    for name in metrics:
        if name not in present:
            raise UsageError(f"No score holds {name!r}.", did_you_mean(name, present or METRICS.names()))
    rows = list(metrics) or choose(present, [ALL])
    return Comparison(columns, rows, differences(artifacts))


def _published(run: Run, table: str, artifacts: Sequence[Artifact]) -> list[Column]:
    if table == LINES:
        return [Column(f"published {method}", "", figures) for method, figures in lines_columns().items()]
    lams = sorted({lam for a in artifacts if (lam := _lambda(run, a)) is not None})
    found = {lam: figures for lam in lams if (figures := column(table, lam))}
    return [Column(f"Table I {table} λ={lam:g}", "", figures) for lam, figures in found.items()]


def missing_baselines(run: Run, artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the scores of baselines that belong beside scores of images, by dataset, without those that are there."""
    about = {a.ref: read_about(a, ScoresAbout) for a in artifacts}
    there = {(about[a.ref].label, _reference_digest(a)) for a in artifacts}
    beside = []
    for digest, scores in {_reference_digest(a): a for a in artifacts if about[a.ref].kind == "images"}.items():
        dataset = parent_of(run, scores, "reference")
        if dataset is None:
            continue
        lines = read_about(dataset, DatasetAbout).scene.get("name") == "lines"
        for name in ("crossfade", "perfect") if lines else ("crossfade",):
            made = None if (f"{BASELINE}{name}", digest) in there else _baseline(run, name, scores, dataset)
            beside += [made] if made is not None else []
    return beside


def _reference_digest(scores: Artifact) -> str | None:
    return next((p.digest for p in scores.parents if p.role == "reference"), None)


def _baseline(run: Run, name: str, like: Artifact, dataset: Artifact) -> Artifact | None:
    """Score a baseline by the protocol of other scores, in the metrics that it allows; None if there is none."""
    settings = {key: entry["value"] for key, entry in like.config.items()}
    asked = tuple(settings["metrics"])
    options = EvaluateOptions(**{**settings, "metrics": (), "path": None, "weights": "last"})  # of models alone
    quiet = replace(run, name=None, force=False, seed=like.manifest["seed"], tell=lambda message: None)
    inputs = open_subject(quiet, f"{BASELINE}{name}", dataset.ref, options).inputs
    metrics = tuple(each for each in asked if not inputs.lacking(each))
    if asked and not metrics:
        return None
    return evaluate(quiet, f"{BASELINE}{name}", dataset.ref, replace(options, metrics=metrics)).artifact


def _scores_of(run: Run, subjects: Sequence[str]) -> list[Artifact]:
    named = [member for ref in subjects for member in members(run, run.artifacts.get(ref))]
    newest = {} if all(each.kind == "scores" for each in named) else newest_scores(run)
    for each in named:
        if each.kind != "scores" and each.digest not in newest:
            raise InvalidInputError(f"{each.ref} has no scores.", f"`posectl evaluate {each.ref}` makes some.")
    return [each if each.kind == "scores" else newest[each.digest] for each in named]


def _distinct_labels(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return append the scores' names to labels that several columns share, such as those of two seeds."""
    return [
        f"{label} ({name})" if labels.count(label) > 1 else label for label, name in zip(labels, names, strict=True)
    ]


def _all_scores(run: Run) -> list[Artifact]:
    """Return the newest scores of each subject, oldest first."""
    newest = {
        (read_about(s, ScoresAbout).label, *(p.digest for p in s.parents)): s for s in run.artifacts.artifacts("scores")
    }
    return list(newest.values())


def _key_without_seed(run: Run, scores: Artifact) -> str:
    """Return a key that is equal for scores of models that differ in nothing but their seed."""
    model = parent_of(run, scores, "model")
    if model is None:
        return scores.digest
    settings = {key: entry["value"] for key, entry in sorted(model.config.items())}
    return json.dumps([settings, sorted(parent.digest for parent in model.parents)])


def _lambda(run: Run, scores: Artifact) -> float | None:
    about = scored_model(run, scores)
    if about is None:
        return None
    lams = {each["name"]: each["lam"] for each in about.objectives}
    return lams.get("acai", 0.0) if set(lams) <= {"none", "acai"} else None
