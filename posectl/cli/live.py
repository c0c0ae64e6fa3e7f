"""A sweep's replicas in one table that is drawn anew as they go."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from posectl.cli.output import Output

if TYPE_CHECKING:
    from rich.table import Table

    from posectl.stages.run import Progress
    from posectl.stages.training.progress import Row, SweepProgress

# On a narrow terminal the columns that the model's name tells too are left out.
_NARROW = 110
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


def table(progress: SweepProgress, seconds_left: float, width: int, room: int) -> Table:
    """Lay a sweep out as a table of `room` rows at most, those in training rather than others."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = _chosen(progress.rows, room)
    hidden = _states(progress.rows) - _states(shown)
    table = Table(box=SIMPLE_HEAD, caption=_caption(progress, hidden, seconds_left), caption_justify="left")
    columns = [label for label in _cells(progress.rows[0]) if width >= _NARROW or label not in _IN_NAME]
    for label in columns:
        table.add_column(label, justify="left" if label in ("model", "state") else "right", no_wrap=True)
    for row in shown:
        cells = _cells(row)
        table.add_row(*(cells[label] for label in columns), style="" if row.state == "training" else "dim")
    return table


def _chosen(rows: Sequence[Row], room: int) -> list[Row]:
    order = ("training", "waiting", "diverged", "done", "there")
    by_interest = sorted(range(len(rows)), key=lambda i: order.index(_state(rows[i])))
    return [rows[i] for i in sorted(by_interest[: max(1, room)])]


def _state(row: Row) -> str:
    return row.state.partition(" ")[0]


def _states(rows: Iterable[Row]) -> Counter[str]:
    return Counter(map(_state, rows))


def _cells(row: Row) -> dict[str, str]:
    return {
        "model": row.name,
        "lambda": ", ".join(f"{value:g}" for value in row.lam),
        "latent": str(row.latent),
        "seed": str(row.seed),
        "step": "–" if row.step < 0 else f"{row.step:,}",
        "loss": _figure(row.loss, ".4g"),
        "test error": _figure(row.test, ".4g"),
        "samples/s": _figure(row.rate, ",.0f"),
        "state": row.state,
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
