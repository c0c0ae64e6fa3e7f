"""A comparison as a notebook holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posectl.api.files import write_bytes
from posectl.api.tables import as_frame, as_html, number
from posectl.stages.comparison.tables import Comparison, form_of


class Compared:
    """Columns of scores over common rows; `warnings` say where their protocols differ, `notes` what else to know."""

    def __init__(self, table: Comparison) -> None:
        self.table = table

    @property
    def warnings(self) -> list[str]:
        """Sentences about differences of protocol."""
        return self.table.warnings

    @property
    def notes(self) -> list[str]:
        """Sentences about what is shown, what was said of it when it was scored, and how the models differ."""
        return self.table.notes

    def save(self, path: str | Path) -> None:
        """Write the table to a new file, in the format of its ending: .md, .csv, .tex or .json.

        Raises ConflictError where there is one, UnavailableError where it cannot be written.
        """
        write_bytes(Path(path), (self.table.as_text(form_of(Path(path))) + "\n").encode(), force=False)

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        return self.table.as_text("md")

    def to_csv(self) -> str:
        """Return the table as CSV, one row a subject and metric."""
        return self.table.as_text("csv")

    def to_latex(self) -> str:
        """Return the table as LaTeX."""
        return self.table.as_text("latex")

    def to_json(self) -> str:
        """Return the table as JSON."""
        return self.table.as_text("json")

    def to_pandas(self) -> Any:
        """Return a DataFrame of one row a subject and metric. Raises UnavailableError without pandas."""
        keys = ("mean", "std", "variance", "median", "unit")
        records = [
            {"subject": column.label, "metric": row, **{key: column.scores[row].get(key) for key in keys}}
            for column in self.table.columns
            for row in self.table.rows
            if row in column.scores
        ]
        return as_frame(records, ["subject", "metric"])

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(column.label for column in self.table.columns)}>"

    def _repr_html_(self) -> str:
        rows = [
            [self.table.line(row).name, *(number(s["mean"]) if s else "" for s in self.table.shown(row))]
            for row in self.table.rows
        ]
        return as_html(["", *(column.label for column in self.table.columns)], rows)
