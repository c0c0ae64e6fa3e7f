"""The one place that prints: refs and JSON to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from posectl.errors import PosectlError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from posectl.api.artifacts import Stored
    from posectl.stages.run import Progress

# Without a terminal a line every so many seconds says that the work goes on.
_PLAIN_SECONDS = 10.0


class Output:
    """Prints for people (default), as JSON (`--json`), next to nothing (`-q`), or in detail (`-v`)."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json, self.quiet, self.verbose = as_json, quiet, verbose
        self._console: Console | None = None
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._started = self._last_line = 0.0

    @property
    def console(self) -> Console:
        if self._console is None:
            from rich.console import Console

            self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        return self._console

    def result(self, result: Stored) -> None:
        """Print the artifact that a command made: its ref alone, or one JSON object; in detail its arrays, too."""
        self._close_bar()
        if self.verbose:
            self.detail("\n".join(_shapes(result)))
        self.data(result.ref, result.as_json())

    def data(self, text: str, value: Any) -> None:
        """Print the command's one answer, as text or as JSON."""
        self._close_bar()
        sys.stdout.write((json.dumps(value, allow_nan=False, default=str) if self.as_json else text) + "\n")
        sys.stdout.flush()

    def tell(self, message: str) -> None:
        if not self.quiet:
            self.console.print(message, markup=False)

    def detail(self, message: str) -> None:
        if self.verbose:
            self.tell(message)

    def warn(self, message: str) -> None:
        self.console.print(f"[yellow]warning:[/] {_escape(message)}")

    def error(self, error: PosectlError) -> None:
        self._close_bar()
        self.console.print(f"[red]error:[/] {_escape(error.message)}")
        if error.hint:
            self.console.print(f"[cyan]hint:[/]  {_escape(error.hint)}")

    def rows(self, rows: Iterable[tuple[str, str]], title: str = "") -> None:
        """Print labels and texts, aligned."""
        if self.quiet:
            return
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for label, text in rows:
            table.add_row(f"[dim]{_escape(label)}[/]", _escape(text))
        if title:
            self.console.print(f"[bold]{_escape(title)}[/]")
        self.console.print(table)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
        if self.quiet:
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
        for i, label in enumerate(header):
            table.add_column(_escape(label), justify="left" if i == 0 else "right")
        for row in rows:
            table.add_row(*(_escape(cell) for cell in row))
        self.console.print(table)

    def progress(self, progress: Progress) -> None:
        """Show a bar with rate and time left on a terminal, a line now and then elsewhere."""
        if self.quiet:
            return
        if self.console.is_terminal:
            self._draw(progress)
        else:
            self._line(progress)

    def _draw(self, progress: Progress) -> None:
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}"),
                console=self.console,
                transient=True,
            )
            self._bar.start()
        if self._task is None or self._bar.tasks[-1].description != progress.stage:
            self._task = self._bar.add_task(progress.stage, total=progress.total, figures="")
        self._bar.update(self._task, completed=progress.done, figures=_figures(progress.figures))
        if progress.done >= progress.total:
            self._close_bar()

    def _line(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._started == 0.0 or progress.done == 0:
            self._started = now
        if now - self._last_line < _PLAIN_SECONDS and progress.done < progress.total:
            return
        self._last_line = now
        self.tell(
            f"{progress.stage} {progress.done}/{progress.total} {progress.unit}  {_figures(progress.figures)}".rstrip()
        )

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar, self._task = None, None


def _shapes(result: Stored) -> Iterator[str]:
    """Yield a line for every array of an artifact, and one for all that are below one name."""
    below: dict[str, list[int]] = {}
    for name, info in result.artifact.arrays().items():
        group, slash, _ = name.partition("/")
        if slash:
            below.setdefault(group, []).append(math.prod(info.shape))
        else:
            yield f"{result.ref} {name}: {info.dtype} {tuple(info.shape)}"
    for group, sizes in below.items():
        yield f"{result.ref} {group}: {len(sizes)} arrays of {sum(sizes):,} numbers"


def _figures(figures: Mapping[str, float]) -> str:
    return "  ".join(
        f"{name} {value:,.0f}" if value >= 1000 else f"{name} {value:.4g}" for name, value in figures.items()
    )


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(str(text))
