"""Progress for a person: a bar on a terminal or in a notebook, nothing elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from posectl.stages.run import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# The bar's width in columns: at least, where there is room for figures beside it, and at most.
_LEAST, _FAIR, _MOST = 6, 20, 40
_GAP = 2
# What is left of a bar is fainter than what is done on a light ground, too: rich's own grey is for a dark one.
_REST = "bright_black"
# Columns that stay free at the end, where a terminal writes ^C: a line that this makes too long would not be erased.
_ECHO = 3


class Clock:
    """Tells rate and time left by what was done since the first look, or since a run that goes on jumped ahead."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def rate(self, progress: Progress) -> float:
        """Return units a second; 0 before there is a second look."""
        now, done = time.monotonic(), progress.done
        if self._first is None or done < self._first[1] or self._first[1] == 0 < done - 1:
            self._first = now, done
        since, first = self._first
        return (done - first) / (now - since) if now > since else 0.0

    def seconds_left(self, progress: Progress) -> float:
        """Return the seconds to the end; infinite before there is a rate."""
        rate = self.rate(progress)
        return (progress.total - progress.done) / rate if rate else math.inf


def duration(seconds: float) -> str:
    """Write 65 seconds as 1:05, hours before them, what is not known as -:--."""
    if not math.isfinite(seconds):
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def facts(progress: Progress, rate: float, left: float) -> list[str]:
    """Return what is done of how much, the rate of what comes by the hundred, and the time left."""
    count = f"{progress.done:>{len(f'{progress.total:,}')},}/{progress.total:,}"
    speed = f"{rate:,.{0 if rate >= 10 else 1}f}" if rate else "-"
    return [count, *([f"{speed} {progress.unit}/s"] if progress.total >= 100 else []), f"{duration(left)} left"]


def figures(values: Mapping[str, float]) -> list[str]:
    """Return each figure after its name."""
    return [f"{name} {value:,.0f}" if value >= 1000 else f"{name} {value:.4g}" for name, value in values.items()]


def line(progress: Progress, rate: float, left: float, width: int) -> Table:
    """Lay progress out in one line of `width` columns at most: stage, bar, count, rate and time left, which are never
    cut, and as many of the figures as there is room for, the first ones first."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    fixed = [progress.stage, *facts(progress, rate, left)]
    room = width - sum(len(each) + _GAP for each in fixed)
    shown: list[str] = []
    for each in figures(progress.figures):
        if room - len(each) - _GAP < _FAIR:
            break
        room -= len(each) + _GAP
        shown.append(each)
    bar = ProgressBar(max(1, progress.total), progress.done, max(_LEAST, min(_MOST, room)), style=_REST)
    laid = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in range(len(fixed) + 1 + len(shown)):
        laid.add_column(no_wrap=True)
    laid.add_row(fixed[0], bar, *fixed[1:], *(f"[dim]{each}[/]" for each in shown))
    return laid


class Bar:
    """A line on a console that is drawn anew several times a second until it is closed."""

    def __init__(self, console: Console) -> None:
        self._console, self._clock = console, Clock()
        self._live: Any = None
        self._now: tuple[Progress, float, float, float] | None = None

    def __call__(self, progress: Progress) -> None:
        """Show the progress of a stage; one line serves stages that follow each other."""
        from rich.live import Live

        self._now = progress, self._clock.rate(progress), self._clock.seconds_left(progress), time.monotonic()
        if self._live is None:
            self._live = Live(console=self._console, transient=True, get_renderable=self._line, refresh_per_second=5)
            self._live.start()

    def _line(self) -> Any:
        if self._now is None:
            return ""
        progress, rate, left, then = self._now
        # Counted down until the unit in the making should be done, however long it then takes.
        left -= min(time.monotonic() - then, 1 / rate) if rate else 0.0
        return line(progress, rate, left, self._console.width - _ECHO)

    def close(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()


class Bars:
    """The progress bars of one call, on stderr, or below a notebook's cell."""

    def __init__(self) -> None:
        from rich.console import Console

        self._bar = Bar(Console(stderr=not in_notebook()))

    def __enter__(self) -> Bar:
        return self._bar

    def __exit__(self, *exception: object) -> None:
        self._bar.close()


def in_notebook() -> bool:
    """Tell whether this runs in a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def wanted() -> bool:
    """Tell whether somebody would see a bar."""
    return in_notebook() or sys.stderr.isatty()
