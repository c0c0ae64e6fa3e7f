"""compare: several scores side by side, the way of Table I."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posectl.core.metrics import METRICS
from posectl.errors import InvalidInputError, UsageError, nearest_name
from posectl.stages.evaluate import flat
from posectl.stages.members import members
from posectl.stages.published import TABLE_I, column
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact

# The published table's rows first, in its order; whatever else was scored follows.
_ORDER = ("anci", "smoothness_ratio", "mean_distance", "precision_distance", "recall_distance", "reconstruction_mpjpe")


@dataclass(frozen=True)
class Column:
    label: str
    ref: str
    scores: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """Columns of scores over common rows, and warnings where their protocols differ."""

    columns: list[Column]
    rows: list[str]
    warnings: list[str]

    def as_text(self, form: str) -> str:
        """The table as md, csv, latex or json."""
        if form not in FORMS:
            raise UsageError(f"There is no table format {form!r}.", nearest_name(form, FORMS))
        return FORMS[form](self)


def compare(
    run: Run, subjects: Sequence[str] = (), *, published: str | None = None, metrics: Sequence[str] = ()
) -> Comparison:
    """Lay scores side by side: scores artifacts, or models, each by its newest scores; all models' if none is named.
    A sweep stands for its models.

    published: "d8" or "d16" sets the columns of Table I with the same lambdas beside them.
    """
    if published is not None and published not in TABLE_I:
        raise UsageError(f"There is no published table {published!r}.", nearest_name(published, TABLE_I))
    artifacts = _scores_of(run, subjects) if subjects else _all_scores(run)
    if not artifacts:
        raise InvalidInputError(f"There are no scores in {run.store}.", "`posectl evaluate MODEL` makes some.")
    labels = _told_apart([label(run, a) for a in artifacts], [a.name for a in artifacts])
    columns = [Column(name, a.ref, flat(a.summary["scores"])) for name, a in zip(labels, artifacts, strict=True)]
    if published:
        lams = sorted({lam for a in artifacts if (lam := _lambda(run, a)) is not None})
        for lam in lams:
            figures = column(published, lam)
            if figures:
                columns.append(Column(f"Table I {published} λ={lam:g}", "", figures))
    present = {name for c in columns for name in c.scores}
    for name in metrics:
        if name not in present:
            raise UsageError(f"No score holds {name!r}.", nearest_name(name, present or METRICS.names()))
    rows = list(metrics) or [*(n for n in _ORDER if n in present), *sorted(present - set(_ORDER))]
    return Comparison(columns, rows, differences(artifacts))


def _scores_of(run: Run, subjects: Sequence[str]) -> list[Artifact]:
    named = [member for ref in subjects for member in members(run, run.artifacts.get(ref))]
    newest = {} if all(each.kind == "scores" for each in named) else newest_scores(run)
    for each in named:
        if each.kind != "scores" and each.digest not in newest:
            raise InvalidInputError(f"{each.ref} has no scores.", f"`posectl evaluate {each.ref}` makes some.")
    return [each if each.kind == "scores" else newest[each.digest] for each in named]


def newest_scores(run: Run) -> dict[str, Artifact]:
    """The newest scores of every subject, by its digest."""
    return {parent.digest: scores for scores in run.artifacts.artifacts("scores") for parent in scores.parents}


def _told_apart(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """Labels that several columns share, such as those of two seeds, each with its scores' name."""
    return [
        f"{label} ({name})" if labels.count(label) > 1 else label for label, name in zip(labels, names, strict=True)
    ]


def _all_scores(run: Run) -> list[Artifact]:
    """The newest scores of each subject, oldest first."""
    newest = {tuple(p.digest for p in s.parents): s for s in run.artifacts.artifacts("scores")}
    return list(newest.values())


def _subject(run: Run, scores: Artifact) -> dict[str, Any] | None:
    """The objectives of the model behind scores, if it is a model that was scored."""
    model = parent_of(run, scores, "model")
    return None if model is None else model.about


def label(run: Run, scores: Artifact) -> str:
    """What a column is called: the model's regularizers with their lambdas and latent size, or the subject."""
    about = _subject(run, scores)
    if about is None:
        return str(scores.about.get("label", scores.ref))
    parts = [f"{o['name']} λ={o['lam']:g}" for o in about["objectives"] if o["name"] != "none"]
    return f"{' + '.join(parts) or 'plain'}, d={about['net']['latent']}"


def _lambda(run: Run, scores: Artifact) -> float | None:
    about = _subject(run, scores)
    if about is None:
        return None
    lams = {o["name"]: o["lam"] for o in about["objectives"]}
    return lams.get("acai", 0.0) if set(lams) <= {"none", "acai"} else None


def differences(artifacts: Sequence[Artifact]) -> list[str]:
    """A sentence for each part of the protocol in which the scores differ: they are then not comparable in it."""
    protocols = [a.summary["protocol"] for a in artifacts]
    warnings = []
    for key in sorted({key for protocol in protocols for key in protocol} - {"subject"}):
        values = {json.dumps(protocol.get(key)) for protocol in protocols}
        if len(values) > 1:
            warnings.append(f"The scores differ in {key}: {', '.join(sorted(values))}.")
    return warnings


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3f}" if abs(value) >= 0.1 else f"{value:.3g}"


def _cells(comparison: Comparison) -> list[list[str]]:
    """Two lines a metric, as in Table I: mean ± standard deviation, then the median."""
    lines = []
    for row in comparison.rows:
        entries = [c.scores.get(row) for c in comparison.columns]
        unit = next((e["unit"] for e in entries if e), "1")
        name = row if unit == "1" else f"{row} ({unit})"
        lines.append([name, *(f"{_number(e['mean'])} ± {_number(e['std'])}" if e else "" for e in entries)])
        lines.append(["  median", *(_number(e["median"]) if e else "" for e in entries)])
    return lines


def _markdown(comparison: Comparison) -> str:
    header = ["mean ± std", *(c.label for c in comparison.columns)]
    body = [header, ["---", *("---:" for _ in comparison.columns)], *_cells(comparison)]
    return "\n".join("| " + " | ".join(line) + " |" for line in body)


def _csv(comparison: Comparison) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["subject", "ref", "metric", "mean", "variance", "std", "median", "undefined", "unit"])
    for c in comparison.columns:
        for row in comparison.rows:
            if row in c.scores:
                s = c.scores[row]
                writer.writerow([c.label, c.ref, row, *(s.get(k) for k in ("mean", "variance", "std", "median")),
                                 s.get("undefined", ""), s["unit"]])  # fmt: skip
    return out.getvalue().rstrip("\n")


_TEX = str.maketrans({"_": r"\_", "±": r"$\pm$", "λ": r"$\lambda$", "%": r"\%", "&": r"\&", "#": r"\#", "–": "--"})


def _latex(comparison: Comparison) -> str:
    lines = [["", *(c.label for c in comparison.columns)], *_cells(comparison)]
    rows = [" & ".join(cell.strip().translate(_TEX) for cell in line) + r" \\" for line in lines]
    return "\n".join([
        rf"\begin{{tabular}}{{l{'r' * len(comparison.columns)}}}", r"\hline", rows[0], r"\hline", *rows[1:], r"\hline",
        r"\end{tabular}",
    ])  # fmt: skip


def _json(comparison: Comparison) -> str:
    return json.dumps(as_json(comparison), allow_nan=False)


def as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "rows": comparison.rows,
        "columns": [
            {"label": c.label, "ref": c.ref, "scores": {r: c.scores[r] for r in comparison.rows if r in c.scores}}
            for c in comparison.columns
        ],
        "warnings": comparison.warnings,
    }


FORMS: Mapping[str, Callable[[Comparison], str]] = {
    "md": _markdown, "csv": _csv, "latex": _latex, "json": _json,
}  # fmt: skip
