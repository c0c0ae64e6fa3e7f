"""The report that `posectl prepare` prints of a dataset: rows to check first, and warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """A report. rows: (label, text), in the order to print them. warnings: sentences, besides the dataset's own.
    bad: frames that no body can be in, as `BadFrames.record` has them."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    bad: dict[str, Any] = field(default_factory=dict)

    def row(self, label: str, text: str) -> None:
        """Add a row."""
        self.rows.append((label, text))

    def warn(self, text: str) -> None:
        """Add a warning."""
        self.warnings.append(text)
