"""A sweep's replicas in one table that is drawn anew as they go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from posectl.cli.output import Output

if TYPE_CHECKING:
    from rich.text import Text

    from posectl.stages.run import Progress
    from posectl.stages.training.progress import Row, SweepProgress

# Columns that the model's name tells, too: on a narrow terminal they are left out, all or none.
_IN_NAME = ("lambda", "latent", "seed")

# Lines of the terminal that hold no rows: header, rule, caption, what is not shown, and room for prompts.
_OTHER_LINES = 8


@contextmanager
def live_table(out: Output) -> Iterator[Callable[[Progress], None]]:
    """Yield a function of the progress: on a terminal it draws the table; elsewhere, and for what has no rows, it is
    `out.progress`."""
    if out.quiet or not out.draws:
        yield out.progress
        return
    from rich.live import Live

    from posectl.api.progress import Clock
    from posectl.stages.training.progress import SweepProgress

    live = Live(console=out.console, transient=True, refresh_per_second=5)
    clock = Clock()

    def draw(progress: Progress) -> None:
        if isinstance(progress, SweepProgress):
            live.start()
            width, height = out.console.size
            live.update(table(progress, clock.seconds_left(progress), width, height - _OTHER_LINES))
        else:
            out.progress(progress)

    try:
        yield draw
    finally:
        live.stop()


def table(progress: SweepProgress, seconds_left: float, width: int, room: int) -> Text:
    """Lay a sweep out as a table of `room` rows at most, those in training rather than others."""
    from rich.text import Text

    from posectl.cli.tables import aligned, fitting

    shown = _chosen(progress.rows, room)
    hidden = _states(progress.rows) - _states(shown)
    cells = [_cells(row, progress.watched) for row in shown]
    header, rows = list(cells[0]), [list(each.values()) for each in cells]
    columns = fitting(header, rows, width, [*_IN_NAME, "samples/s", "loss", "step", "host"])
    if any(label not in columns for label in _IN_NAME):
        columns = [label for label in columns if label not in _IN_NAME]
    head, rule, *lines = aligned(header, rows, columns, left=("state", "host"))
    text = Text.assemble((head, "bold"), "\n", rule, "\n")
    for row, line in zip(shown, lines, strict=True):
        text.append(f"{line}\n", "" if row.state == "training" else "dim")
    return text.append(_caption(progress, hidden, seconds_left))


def _chosen(rows: Sequence[Row], room: int) -> list[Row]:
    order = ("training", "waiting", "diverged", "done", "there")
    by_interest = sorted(range(len(rows)), key=lambda i: order.index(_state(rows[i])))
    return [rows[i] for i in sorted(by_interest[: max(1, room)])]


def _state(row: Row) -> str:
    return row.state.partition(" ")[0]


def _states(rows: Iterable[Row]) -> Counter[str]:
    return Counter(map(_state, rows))


def _cells(row: Row, watched: str) -> dict[str, str]:
    return {
        "model": row.name,
        "lambda": ", ".join(f"{value:g}" for value in row.lam),
        "latent": str(row.latent),
        "seed": str(row.seed),
        "step": "–" if row.step < 0 else f"{row.step:,}",
        "loss": _figure(row.loss, ".4g"),
        f"{watched} error": _figure(row.error, ".4g"),
        "samples/s": _figure(row.rate, ",.0f"),
        "state": row.state,
        "host": row.host,
    }


def _figure(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _caption(progress: SweepProgress, hidden: Counter[str], seconds_left: float) -> str:
    text = f"{progress.done:,} of {progress.total:,} {progress.unit}, {progress.figures['samples/s']:,.0f} samples/s"
    if math.isfinite(seconds_left):
        from posectl.api.progress import duration

        text += f", {duration(seconds_left)} left"
    if hidden:
        text += "\nnot shown: " + ", ".join(f"{count} {state}" for state, count in hidden.items())
    return text
