"""Tables as lines of text, of which no cell is ever cut: where there is no room, whole columns are left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

GAP = "  "
Row = Sequence[str]


def fitting(header: Row, rows: Sequence[Row], width: int, spare: Sequence[str] = ()) -> list[str]:
    """Return the columns to show: those that hold anything, without as many of `spare`, first to last, as it takes for
    the rest to fit into the width."""
    left = [label for i, label in enumerate(header) if i == 0 or any(row[i] for row in rows)]
    for label in spare:
        if label in left and _width(header, rows, left) > width:
            left.remove(label)
    return left


def aligned(header: Row, rows: Sequence[Row], columns: Collection[str], left: Collection[str] = ()) -> list[str]:
    """Return header, rule and rows as lines, of these columns; the first, and those in `left`, begin at their left."""
    places = [i for i, label in enumerate(header) if label in columns]
    widths = {i: max(len(row[i]) for row in [header, *rows]) for i in places}

    def laid(row: Row) -> str:
        to_left = {i: i == places[0] or header[i] in left for i in places}
        return GAP.join(row[i].ljust(widths[i]) if to_left[i] else row[i].rjust(widths[i]) for i in places).rstrip()

    return [laid(header), "─" * _width(header, rows, columns), *map(laid, rows)]


def _width(header: Row, rows: Sequence[Row], columns: Collection[str]) -> int:
    widths = [max(len(row[i]) for row in [header, *rows]) for i, label in enumerate(header) if label in columns]
    return sum(widths) + len(GAP) * (len(widths) - 1)
