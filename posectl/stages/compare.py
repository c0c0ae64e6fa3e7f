"""compare: several scores side by side, as in Table I."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from posectl.core.metrics import METRICS
from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.printable import one_line
from posectl.stages.artifacts.about import ScoresAbout, read_about
from posectl.stages.artifacts.files import BASELINE, is_baseline
from posectl.stages.artifacts.members import members
from posectl.stages.comparison.baselines import missing_baselines
from posectl.stages.comparison.choice import best_on_validation, of_one_protocol, scores_by_subject
from posectl.stages.comparison.columns import over_seeds, relative_to, undivided
from posectl.stages.comparison.published import (
    LINES,
    MNIST,
    PROBES,
    TABLE_I,
    column,
    lines_columns,
    mnist_columns,
    probe_columns,
)
from posectl.stages.comparison.published_tasks import task_columns
from posectl.stages.comparison.scores import (
    ALL,
    HEADLINE,
    differences,
    drawn,
    flat,
    heading,
    model_differences,
    scored_model,
    task_of,
)
from posectl.stages.comparison.tables import Column, Comparison
from posectl.stages.evaluation.tasks import CHIEF
from posectl.stages.options import TASKS
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact

# The protocol by which a published table was scored.
_COMPAT = {**dict.fromkeys(TABLE_I, "naayem"), LINES: "acai"}


def compare(
    run: Run,
    subjects: Sequence[str] = (),
    *,
    published: str | None = None,
    metrics: Sequence[str] = (),
    task: str | None = None,
    seeds: bool = False,
    ratio: bool = False,
) -> Comparison:
    """Lay scores side by side: scores artifacts, or models, each by the newest scores of its last weights. A sweep
    stands for its models. If none is named, every subject that was scored against the reference, and by the protocol,
    of the newest scores. Beside scores of images stand those of the pixel cross-fade by the same protocol, and beside
    those of lines a perfect path's; they are made where they are not there.

    No two headings are alike: scores of other weights, by a published protocol or against another reference than the
    model's own dataset say so in theirs. Beside scores of a task stand those of its baselines on the same poses, of the
    first model's code from random starts, and published ones, of other data.

    metrics: names, or the beginnings of names up to a dot; none: all, of a task the chief ones.
    task: the scores of which one of posectl.stages.options.TASKS stand for models; None: of none.
    published: "d8" or "d16" sets the columns of Table I with the same lambdas beside them, "lines" ACAI's Table 1,
        "mnist32" and its like a row of ACAI's Table 2, "mnist" AAE's Table 1 with as many labels.
    seeds: models that differ in their seed alone become one column, of the mean over seeds and the spread between them.
    ratio: every figure as a multiple of the first subject's.
    """
    tables = [*TABLE_I, LINES, *PROBES, MNIST]
    if published is not None and published not in tables:
        raise UsageError(f"There is no published table {published!r}.", did_you_mean(published, tables))
    compat = _COMPAT.get(published or "")
    if task is not None and task not in TASKS:
        raise UsageError(f"There is no task {task!r}.", did_you_mean(task, TASKS))
    artifacts, notes = (_scores_of(run, subjects, compat, task), []) if subjects else of_one_protocol(run, compat, task)
    if not artifacts:
        asked = f" --task {task}" if task else ""
        raise InvalidInputError(f"There are no scores in {run.store}.", f"`posectl evaluate MODEL{asked}` makes some.")
    shown = [*missing_baselines(run, artifacts), *artifacts]
    names = _names(run, shown)
    notes += _said(artifacts, names[-len(artifacts) :]) + model_differences(run, artifacts, seeds)
    columns = _columns(shown, names)
    if seeds:
        columns = _over_seeds(run, shown, columns)
    first = next(column for column in columns if artifacts[0].ref in column.ref.split())
    columns += _published(run, published, artifacts) if published else []
    notes += _other_data(artifacts, f"{_data_of(published)}, of all its images") if published in PROBES else []
    tasks = list(dict.fromkeys(t for a in artifacts if (t := task_of(a)) is not None))
    for each in tasks if not ratio else ():
        published_ones = task_columns(each).items()
        columns += [
            Column(f"{name} (AMASS)", "", scores, over="poses", scored=False) for name, scores in published_ones
        ]
        notes += _other_data(artifacts, "AMASS, of SMPL's angles and under other masks")
    present = dict.fromkeys(name for c in columns for name in c.scores)
    rows, warnings = _rows(list(present), metrics), differences(artifacts)
    if ratio:
        warnings += undivided(first, rows)
        columns = relative_to(first, columns)
        rows = [name for name in rows if name in first.scores and first.scores[name]["mean"]]
    return Comparison(columns, rows, warnings, notes)


def _rows(present: Sequence[str], metrics: Sequence[str]) -> list[str]:
    """Return the rows to show of those there are: those asked for, a name or all that begin with it; none: all, but of
    tasks the chief ones."""
    if not metrics:
        chief = [name for name in present if name.partition(".")[0] not in TASKS or name.split(".")[1] in CHIEF]
        return _ordered(chief)
    if ALL in metrics:
        return _ordered(present)
    rows = {name: [each for each in present if each == name or each.startswith(f"{name}.")] for name in metrics}
    for name, found in rows.items():
        if not found:
            raise UsageError(f"No score holds {name!r}.", did_you_mean(name, present or METRICS.names()))
    return [each for name, found in rows.items() for each in ([name] if name in found else found)]


def choose(run: Run, subjects: Sequence[str], metric: str) -> Artifact:
    """Return the model of the scores that are best in a metric, of scores on validation samples; or the scores of what
    is no model. Subjects: scores, models, sweeps. Raises UsageError where test samples were scored."""
    if not subjects:
        raise UsageError("There is nothing to choose from.", "Name scores, models or a sweep.")
    best = best_on_validation(_scores_of(run, subjects, None, validation=True), metric)
    return parent_of(run, best, "model") or best


def _names(run: Run, shown: Sequence[Artifact]) -> list[str]:
    subjects = [read_about(each, ScoresAbout).label for each in shown]
    return _distinct([heading(run, a) for a in shown], [a.name for a in shown], subjects, [a.ref for a in shown])


def _columns(shown: Sequence[Artifact], names: Sequence[str]) -> list[Column]:
    return [
        Column(name, a.ref, flat(a.summary["scores"]), scored=_counts(a)) for name, a in zip(names, shown, strict=True)
    ]


def _counts(scores: Artifact) -> bool:
    """Tell whether scores may be the best: a baseline's of a task may, but for real poses; of images it may not."""
    label = read_about(scores, ScoresAbout).label
    return label != f"{BASELINE}train" if task_of(scores) else not is_baseline(label)


def _over_seeds(run: Run, shown: Sequence[Artifact], columns: Sequence[Column]) -> list[Column]:
    merged = over_seeds(columns, [_key_without_seed(run, a) for a in shown], [heading(run, a) for a in shown])
    names = _distinct([c.label for c in merged], [c.ref.partition(" ")[0] for c in merged])
    return [replace(c, label=name) for name, c in zip(names, merged, strict=True)]


def _said(artifacts: Sequence[Artifact], names: Sequence[str]) -> list[str]:
    """Return what was warned of when the columns were scored."""
    warned = zip(names, artifacts, strict=True)
    return [f"{name}: {warning}" for name, each in warned for warning in each.summary.get("warnings", [])]


def _ordered(names: Collection[str]) -> list[str]:
    """Order rows as the published tables do, whatever else was scored by name, each part after its whole."""
    first = {name: i for i, name in enumerate(HEADLINE)}
    return sorted(names, key=lambda name: (first.get(name.partition(".")[0], len(first)), name))


def _published(run: Run, table: str, artifacts: Sequence[Artifact]) -> list[Column]:
    if table == MNIST:
        return [
            Column(f"published {method}, {count or 'all'} labels", "", figures, over="runs", scored=False)
            for count in dict.fromkeys(labelled for a in artifacts for labelled in _labelled(run, a))
            for method, figures in mnist_columns(count).items()
        ]
    if table not in TABLE_I:
        methods = lines_columns() if table == LINES else probe_columns(table)
        name = "published" if table == LINES else f"{_data_of(table)}:"
        return [Column(f"{name} {each}", "", scores, over="runs", scored=False) for each, scores in methods.items()]
    lams = sorted({lam for a in artifacts if (lam := _lambda(run, a)) is not None})
    found = {lam: figures for lam in lams if (figures := column(table, lam))}
    return [Column(f"Table I {table} λ={lam:g}", "", figures, scored=False) for lam, figures in found.items()]


def _data_of(table: str) -> str:
    """Name the data of a row of ACAI's Table 2, and the size of its codes: "MNIST, d=32"."""
    data = table.rstrip("0123456789")
    return f"{data.upper()}, d={table.removeprefix(data)}"


def _other_data(artifacts: Sequence[Artifact], data: str) -> list[str]:
    """Say what data the published figures and the scores are of."""
    ours = dict.fromkeys(str(each.summary["protocol"].get("reference", "other data")) for each in artifacts)
    return [f"The published figures are of {data}; the others of {', '.join(ours)}."]


def _scores_of(
    run: Run, subjects: Sequence[str], compat: str | None, task: str | None = None, *, validation: bool = False
) -> list[Artifact]:
    kinds = ("scores", "model", "sweep", "paths", "samples")
    named = [member for ref in subjects for member in members(run, run.artifacts.get(ref, *kinds))]
    all_scores = all(each.kind == "scores" for each in named)
    standing = {} if all_scores else scores_by_subject(run, compat, task, validation=validation)
    for each in named:
        if each.kind != "scores" and each.digest not in standing:
            asked = f"{each.ref} --task {task}" if task else each.ref
            raise InvalidInputError(f"{each.ref} has no such scores.", f"`posectl evaluate {asked}` makes some.")
    found = [each if each.kind == "scores" else standing[each.digest] for each in named]
    return list({each.ref: each for each in found}.values())


def _distinct(labels: Sequence[str], *details: Sequence[str]) -> list[str]:
    """Add to labels that several columns share, such as those of two seeds, the first detail that tells them apart."""
    groups = {label: [i for i, other in enumerate(labels) if other == label] for label in labels}
    named = list(labels)
    for label, group in groups.items():
        telling = next((some for some in details if len({some[i] for i in group}) == len(group)), details[-1])
        for i in group if len(group) > 1 else ():
            named[i] = f"{label} ({telling[i]})"
    return list(map(one_line, named))


def _key_without_seed(run: Run, scores: Artifact) -> str:
    """Return a key that is equal for scores, by one protocol, of models that differ in nothing but their seed."""
    model = parent_of(run, scores, "model")
    if model is None:
        return scores.ref
    settings = {key: entry["value"] for key, entry in sorted(model.config.items())}
    protocol = {k: v for k, v in sorted(scores.summary["protocol"].items()) if k not in ("subject", "seed")}
    return json.dumps([settings, sorted(parent.digest for parent in model.parents), protocol, drawn(scores)])


def _labelled(run: Run, scores: Artifact) -> list[int | None]:
    """Return how many labels the model behind scores saw, None for all; nothing of one that does not classify."""
    model = parent_of(run, scores, "model")
    if model is None or "error_rate" not in scores.summary["scores"]:
        return []
    return [model.config.get("labelled", {}).get("value")]


def _lambda(run: Run, scores: Artifact) -> float | None:
    about = scored_model(run, scores)
    if about is None:
        return None
    lams = {each["name"]: each["lam"] for each in about.objectives}
    return lams.get("acai", 0.0) if set(lams) <= {"none", "acai"} else None
