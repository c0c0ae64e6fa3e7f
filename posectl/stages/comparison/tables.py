"""A table of scores as text: Markdown, CSV, LaTeX or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from posectl.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Column:
    """One subject's scores, under a label."""

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
        """Return the table as md, csv, latex or json. Raises UsageError for another format."""
        if form not in FORMS:
            raise UsageError(f"There is no table format {form!r}.", did_you_mean(form, FORMS))
        return FORMS[form](self)


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3f}" if abs(value) >= 0.1 else f"{value:.3g}"


def _cells(comparison: Comparison) -> list[list[str]]:
    """Return two lines a metric, as in Table I: mean ± standard deviation, then the median."""
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
    """Return a comparison as a JSON object."""
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
