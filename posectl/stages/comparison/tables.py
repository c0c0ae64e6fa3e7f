"""A table of scores as text: Markdown, CSV, LaTeX or JSON; and what of it is best."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from posectl.core.metrics import better
from posectl.errors import UsageError, did_you_mean
from posectl.stages.comparison.scores import in_millimetres, with_unit


@dataclass(frozen=True)
class Column:
    """One subject's scores, under a label.

    over: what the standard deviations are over; scored: whether it is a subject's own, not a baseline's or a paper's.
    """

    label: str
    ref: str
    scores: dict[str, dict[str, Any]]
    over: str = "paths or samples"
    scored: bool = True


class Line(NamedTuple):
    """A row: its name with the unit, an arrow to what is better, the mean ± standard deviation of each column, and the
    columns that are best: of those scored here, where there are several."""

    name: str
    arrow: str
    cells: list[str]
    best: list[int]


@dataclass(frozen=True)
class Comparison:
    """Columns of scores over common rows; warnings where their protocols differ, and notes on what is shown."""

    columns: list[Column]
    rows: list[str]
    warnings: list[str]
    notes: list[str] = field(default_factory=list)

    @property
    def over(self) -> str:
        """What the standard deviations of all columns are over; "" where that differs."""
        found = {column.over for column in self.columns}
        return found.pop() if len(found) == 1 else ""

    def line(self, row: str) -> Line:
        """Return a row as text."""
        entries = self.shown(row)
        unit = next((e["unit"] for e in entries if e), "1")
        arrow = {"lower": "↓", "higher": "↑", None: " "}[better(row)]
        cells = [f"{number(e['mean'])} ± {number(e['std'])}" if e else "" for e in entries]
        return Line(with_unit(row, unit), arrow, cells, self._best(row))

    def shown(self, row: str) -> list[dict[str, Any] | None]:
        """Return each column's score as people read it, metres in millimetres; None where it has none."""
        return [None if (score := c.scores.get(row)) is None else in_millimetres(score) for c in self.columns]

    def _best(self, row: str) -> list[int]:
        means = {
            i: mean
            for i, column in enumerate(self.columns)
            if column.scored and (mean := column.scores.get(row, {}).get("mean")) is not None
        }
        towards = better(row)
        if len(set(means.values())) < 2 or towards is None:
            return []
        top = (min if towards == "lower" else max)(means.values())
        return [i for i, mean in means.items() if mean == top]

    def as_text(self, form: str) -> str:
        """Return the table as md, csv, latex or json. Raises UsageError for another format."""
        if form not in FORMS:
            raise UsageError(f"There is no table format {form!r}.", did_you_mean(form, FORMS))
        return FORMS[form](self)


def form_of(path: Path) -> str:
    """Return the format that a file's ending names; Markdown without one. Raises UsageError for an unknown one."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"No table format has the ending {ending}.",
            f"Take {', '.join(filter(None, ENDINGS))}, or --format md.",
        )
    return ENDINGS[ending]


ENDINGS = {"": "md", ".md": "md", ".txt": "md", ".csv": "csv", ".tex": "latex", ".json": "json"}


def number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3f}" if abs(value) >= 0.1 else f"{value:.3g}"


def _header(comparison: Comparison) -> list[str]:
    return [f"mean ± std over {comparison.over}" if comparison.over else "mean ± std"] + [
        column.label for column in comparison.columns
    ]


def _cells(comparison: Comparison) -> list[list[str]]:
    """Return two lines a metric, as in Table I: mean ± standard deviation, then the median; before them, what the
    deviations are over, where that differs."""
    lines = [] if comparison.over else [["± over", *(column.over for column in comparison.columns)]]
    for row in comparison.rows:
        line, entries = comparison.line(row), comparison.shown(row)
        lines.append([line.name, *line.cells])
        lines.append(["  median", *(number(e["median"]) if e else "" for e in entries)])
    return lines


def _markdown(comparison: Comparison) -> str:
    header = _header(comparison)
    body = [header, ["---", *("---:" for _ in comparison.columns)], *_cells(comparison)]
    return "\n".join("| " + " | ".join(line) + " |" for line in body)


def _csv(comparison: Comparison) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["subject", "ref", "metric", "mean", "variance", "std", "median", "undefined", "unit", "over"])
    for c in comparison.columns:
        for row in comparison.rows:
            if row in c.scores:
                s = c.scores[row]
                writer.writerow([c.label, c.ref, row, *(s.get(k) for k in ("mean", "variance", "std", "median")),
                                 s.get("undefined", ""), s["unit"], c.over])  # fmt: skip
    return out.getvalue().rstrip("\n")


_TEX = str.maketrans({"_": r"\_", "±": r"$\pm$", "λ": r"$\lambda$", "%": r"\%", "&": r"\&", "#": r"\#", "–": "--"})


def _latex(comparison: Comparison) -> str:
    lines = [_header(comparison), *_cells(comparison)]
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
            {
                "label": c.label,
                "ref": c.ref,
                "over": c.over,
                "scores": {r: c.scores[r] for r in comparison.rows if r in c.scores},
            }
            for c in comparison.columns
        ],
        "warnings": comparison.warnings,
        "notes": comparison.notes,
    }


FORMS: Mapping[str, Callable[[Comparison], str]] = {
    "md": _markdown, "csv": _csv, "latex": _latex, "json": _json,
}  # fmt: skip
