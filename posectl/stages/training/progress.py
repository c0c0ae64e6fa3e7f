"""The progress of a sweep: one row a replica, and one progress for all."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from posectl.stages.run import Progress, Run
from posectl.stages.training.stack import NamedReplica, Stack, StackProgress


@dataclass(frozen=True)
class Row:
    """The state of one replica. state: "there" before the sweep, "waiting", "training", "done" or "diverged at N";
    host: where that is, "" for this one.

    step is -1, and loss, error (the last of the split that is watched) and rate (samples per second) are NaN, where
    there is none.
    """

    name: str
    lam: tuple[float, ...]
    latent: int
    seed: int
    state: str
    step: int = -1
    loss: float = math.nan
    error: float = math.nan
    rate: float = math.nan
    host: str = ""


@dataclass(frozen=True)
class SweepProgress(Progress):
    """The progress of all stacks, their steps summed, and a row for every replica that was planned; watched: the split
    whose errors are taken."""

    rows: Sequence[Row] = ()
    watched: str = "test"


@dataclass
class ProgressTable:
    """A table of the reports of stacks at work, which it passes on. found: the keys of what was trained before."""

    run: Run
    stacks: Sequence[Stack]
    found: Collection[str]
    progress_by_stack: dict[int, StackProgress] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)

    def report(self, index: int, progress: StackProgress, host: str = "") -> None:
        """Record the progress of the stack of this index, on a host."""
        self.progress_by_stack[index], self.hosts[index] = progress, host
        self.run.progress(self.progress())

    def progress(self) -> SweepProgress:
        """Return the progress of the sweep."""
        at_work = {i: stack for i, stack in enumerate(self.stacks) if not stack.all_in(self.found)}
        done = sum(at_work[i].steps if s.all_diverged else s.step for i, s in self.progress_by_stack.items())
        rows = [self._row(i, each) for i, stack in enumerate(self.stacks) for each in stack.replicas]
        figures = {
            "replicas": float(sum(row.state != "there" for row in rows)),
            "diverged": float(sum(row.state.startswith("diverged") for row in rows)),
        }
        errors = [row.error for row in rows if not math.isnan(row.error)]
        watched = next((progress.watched for progress in self.progress_by_stack.values()), "test")
        if errors:
            figures[f"lowest {watched}"] = min(errors)
        figures["samples/s"] = sum(row.rate for row in rows if row.state == "training")
        return SweepProgress(
            "sweep", done, sum(stack.steps for stack in at_work.values()), "steps", figures, rows, watched
        )

    def _row(self, index: int, each: NamedReplica) -> Row:
        replica, progress = each.replica, self.progress_by_stack.get(index)
        about = each.name, tuple(o.lam for o in replica.objectives), replica.options.latent, replica.seed
        if each.key in self.found:
            return Row(*about, "there")
        if progress is None or each.key not in progress.replicas:
            return Row(*about, "waiting")
        now, host = progress.replicas[each.key], self.hosts.get(index, "")
        if now.diverged_at >= 0:
            return Row(*about, f"diverged at {now.diverged_at}", now.diverged_at, error=now.error, host=host)
        if progress.step == self.stacks[index].steps:
            return Row(*about, "done", progress.step, now.loss, now.error, host=host)
        rate = progress.rate / len(progress.replicas)
        return Row(*about, "training", progress.step, now.loss, now.error, rate, host)
