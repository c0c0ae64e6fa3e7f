"""Progress for a person: a bar on a terminal or in a notebook, nothing elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from posectl.stages.run import Progress


class Bars:
    """A progress bar of one call, by rich, on stderr."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show the progress of a stage."""
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        if self._bar is None:
            self._bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                console=_console(), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task(progress.stage, total=progress.total)
        self._bar.update(self._task, description=progress.stage, total=progress.total, completed=progress.done)


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=not in_notebook())


def in_notebook() -> bool:
    """Tell whether this runs in a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def wanted() -> bool:
    """Tell whether somebody would see a bar."""
    return in_notebook() or sys.stderr.isatty()
