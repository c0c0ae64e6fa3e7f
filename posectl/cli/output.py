"""The one place that prints: refs and JSON to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from posectl.errors import PosectlError
from posectl.printable import one_line, printable

if TYPE_CHECKING:
    from rich.console import Console

    from posectl.api.artifacts import Stored
    from posectl.api.progress import Bar, Clock
    from posectl.stages.run import Progress

# Without a terminal a line every so many seconds says that the work goes on.
_PLAIN_SECONDS = 10.0


class Output:
    """Prints for people (default), as JSON (`--json`), next to nothing (`-q`), or in detail (`-v`)."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json, self.quiet, self.verbose = as_json, quiet, verbose
        self._muted = False
        self._console: Console | None = None
        self._bar: Bar | None = None
        self._clock: Clock | None = None
        self._last_line = 0.0

    @property
    def console(self) -> Console:
        if self._console is None:
            from rich.console import Console

            self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        return self._console

    def mute(self, muted: bool = True) -> None:
        """Print nothing more, as of a process that leaves all words to another; or speak again."""
        self._muted = self.console.quiet = muted

    @property
    def width(self) -> int:
        """The columns of the terminal that stdout is; without bound where it is none."""
        return self.console.width if sys.stdout.isatty() else sys.maxsize

    def result(self, result: Stored) -> None:
        """Print the artifact that a command made: its ref alone, or one JSON object; in detail its arrays, too."""
        self._close_bar()
        if self.verbose:
            self.detail(list(_shapes(result)))
        self.data(result.ref, result.as_json())

    def data(self, text: str | Sequence[str], value: Any) -> None:
        """Print the command's one answer, as a text of any lines or as lines that stay one each, or as JSON."""
        self._close_bar()
        if self._muted:
            return
        lines = printable(text) if isinstance(text, str) else _lines(text)
        sys.stdout.write((json.dumps(value, allow_nan=False, default=str) if self.as_json else lines) + "\n")
        sys.stdout.flush()

    def tell(self, message: str | Sequence[str]) -> None:
        """Say a sentence, or several lines."""
        if not self.quiet:
            self.console.print(_lines([message] if isinstance(message, str) else message), markup=False)

    def detail(self, message: str | Sequence[str]) -> None:
        if self.verbose:
            self.tell(message)

    def warn(self, message: str) -> None:
        self.console.print(f"[yellow]warning:[/] {_escape(one_line(message))}")

    def error(self, error: PosectlError) -> None:
        self._close_bar()
        self.console.print(f"[red]error:[/] {_escape(one_line(error.message))}")
        if error.hint:
            self.console.print(f"[cyan]hint:[/]  {_escape(one_line(error.hint))}")

    def rows(self, rows: Iterable[tuple[str, str]], title: str = "") -> None:
        """Print labels and texts, aligned."""
        if self.quiet:
            return
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for label, text in rows:
            table.add_row(f"[dim]{_escape(one_line(label))}[/]", _escape(one_line(text)))
        if title:
            self.console.print(f"[bold]{_escape(one_line(title))}[/]")
        self.console.print(table)

    def table(
        self, header: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", spare: Sequence[str] = ()
    ) -> None:
        """Print a table; `spare` names the columns that go first where the terminal is too narrow for all."""
        if self.quiet:
            return
        from posectl.cli.tables import aligned, fitting

        rows = [[one_line(str(cell)) for cell in row] for row in rows]
        lines = aligned(header, rows, fitting(header, rows, self.console.width, spare))
        if title:
            self.console.print(f"[bold]{_escape(one_line(title))}[/]")
        self.console.print(f"[bold]{_escape(lines[0])}[/]")
        self.tell(lines[1:])

    def confirmed(self, question: str) -> bool:
        """Ask on a terminal, and return whether the answer was yes; where nobody can be asked, it is."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return True
        self.console.print(f"{_escape(one_line(question))} \\[y/N] ", end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def progress(self, progress: Progress) -> None:
        """Show a bar with rate and time left on a terminal, a line now and then elsewhere."""
        if self.quiet:
            return
        progress = replace(progress, stage=one_line(progress.stage))
        if not self.draws:
            self._line(progress)
            return
        if self._bar is None:
            from posectl.api.progress import Bar

            self._bar = Bar(self.console)
        self._bar(progress)
        if progress.done >= progress.total:
            self._close_bar()

    @property
    def draws(self) -> bool:
        """Whether lines can be drawn anew: on a terminal that is not `TERM=dumb`."""
        return self.console.is_terminal and not self.console.is_dumb_terminal

    def _line(self, progress: Progress) -> None:
        from posectl.api.progress import Clock, duration, figures

        self._clock = self._clock or Clock()
        left, now = self._clock.seconds_left(progress), time.monotonic()
        if now - self._last_line < _PLAIN_SECONDS and progress.done < progress.total:
            return
        self._last_line = now
        left_text = f", {duration(left)} left" if 0 < left < math.inf else ""
        counted = f"{progress.stage} {progress.done}/{progress.total} {progress.unit}{left_text}"
        self.tell("  ".join([counted, *figures(progress.figures)]))

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


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


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(map(one_line, lines))


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(printable(str(text)))
