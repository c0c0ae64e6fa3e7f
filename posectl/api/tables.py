"""Tables as a notebook shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from posectl.errors import UnavailableError


def as_html(header: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "") -> str:
    """Return an HTML table; every text in it is escaped."""
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def as_frame(records: Sequence[dict[str, Any]], index: Sequence[str]) -> Any:
    """Return a pandas DataFrame of records. Raises UnavailableError without pandas."""
    try:
        import pandas
    except ImportError as error:
        raise UnavailableError("This needs pandas, which is not installed.", "pip install 'posectl[pandas]'") from error
    return pandas.DataFrame.from_records(list(records)).set_index(list(index))


def number(value: float | None) -> str:
    """Return a figure as people read it."""
    return "–" if value is None else f"{value:.4g}"
