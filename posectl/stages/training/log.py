"""The log of a training as others read it, beside the store: a CSV file, or TensorBoard's events."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from posectl.core.training.loop import Trainer
from posectl.errors import UnavailableError, UsageError, did_you_mean
from posectl.stages.run import Run

Form = Literal["", "csv", "tensorboard"]
FORMS = ("csv", "tensorboard")


class NoLog:
    """No log at all."""

    def update(self, trainer: Trainer) -> None:
        """Write what a trainer came to since the last call, from its first step on."""

    def close(self) -> None:
        """Write what is left."""


class CSVLog(NoLog):
    """A row a step: the losses, and the error of the split that is watched where it was taken."""

    def __init__(self, folder: Path, replica: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._replica = replica
        self.path = folder / "log.csv"
        self.path.unlink(missing_ok=True)  # were it a link, what that leads to would be overwritten
        self._file = self.path.open("x", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._done = -1

    def update(self, trainer: Trainer) -> None:
        """Write the rows that are new, all of them after a --resume."""
        history = trainer.history
        if self._done < 0:
            self._writer.writerow(["step", *history.figures, f"{history.watched}_error"])
            self._row(0, [""] * len(history.figures), trainer)
            self._done = 0
        losses = history.log[self._done : trainer.step, :, self._replica].tolist()
        for step, row in enumerate(losses, start=self._done + 1):
            self._row(step, row, trainer)
        self._done = trainer.step
        self._file.flush()

    def _row(self, step: int, losses: list[Any], trainer: Trainer) -> None:
        error = trainer.history.errors.get(step)
        self._writer.writerow([step, *losses, "" if error is None else float(error[self._replica])])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TensorBoardLog(NoLog):
    """TensorBoard's events: a scalar a loss, and one of the error of the split that is watched."""

    def __init__(self, folder: Path, replica: int) -> None:
        self._replica = replica
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UnavailableError(
                "--log tensorboard needs TensorBoard, which is not installed.", "pip install 'posectl[tensorboard]'"
            ) from error
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        self._writer: Any = SummaryWriter(str(folder))
        self._done = 0

    def update(self, trainer: Trainer) -> None:
        """Write the scalars that are new, all of them after a --resume."""
        history = trainer.history
        for step, row in enumerate(
            history.log[self._done : trainer.step, :, self._replica].tolist(), start=self._done + 1
        ):
            for name, value in zip(history.figures, row, strict=True):
                self._writer.add_scalar(f"loss/{name}", value, step)
        for step, error in history.errors.items():
            if self._done < step <= trainer.step or (step == 0 and not self._done):
                self._writer.add_scalar(f"{history.watched}_error", float(error[self._replica]), step)
        self._done = trainer.step

    def close(self) -> None:
        """Flush and close the events."""
        self._writer.close()


_LOGS = {"": lambda folder, replica: NoLog(), "csv": CSVLog, "tensorboard": TensorBoardLog}


def check_form(form: str) -> None:
    """Raise UsageError for a log that there is not."""
    if form not in _LOGS:
        raise UsageError(f"There is no log {form!r}.", did_you_mean(form, FORMS))


@contextmanager
def logging_to(run: Run, form: str, name: str, key: str, replica: int = 0) -> Iterator[NoLog]:
    """Yield the log of the training of this name and key, a replica of its trainer, in a folder beside the store."""
    store = run.artifacts.path
    folder = store.with_name(f"{store.name}-logs") / f"{name}-{key[:8]}"
    log = _LOGS[form](folder, replica)
    if form:
        run.tell(f"The log is in {folder}.")
    try:
        yield log
    finally:
        log.close()
