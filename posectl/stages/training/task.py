"""The training of a stack as a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from posectl.core import device as devices
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.task import Task, common_name
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run
from posectl.stages.training.replica import identify
from posectl.stages.training.stack import NamedReplica, Stack, train_stack
from posectl.store import Artifact, Checkpoints


@dataclass(frozen=True)
class StackTask(Task):
    """The training of a stack. members: the name, weights and seed of each; options: all else, which they share."""

    dataset: str
    options: TrainOptions
    members: tuple[tuple[str, tuple[float, ...], int], ...]
    form: str

    @classmethod
    def of(cls, run: Run, dataset: StoredDataset, stack: Stack, log: str) -> StackTask:
        """Return the task of a stack; log: the form of the log of each training."""
        members = tuple((r.name, r.replica.options.lam, r.replica.seed) for r in stack.replicas)
        return cls(
            run, stack.key, common_name([name for name, _, _ in members]), len(members), dataset.artifact.ref,
            stack.replicas[0].replica.options, members, log,
        )  # fmt: skip

    def _do(
        self, run: Run, checkpoints: Checkpoints, report: Callable[[Any], None], stopped: Callable[[], bool]
    ) -> dict[str, Outcome]:
        data, device = _opened(run.artifacts.get(self.dataset)), devices.resolve(run.device)
        replicas = [
            NamedReplica(name, identify(run, data, replace(self.options, lam=lam), seed, device))
            for name, lam, seed in self.members
        ]
        stack = Stack(tuple(replicas))
        self._check(stack.key)
        return train_stack(
            run, data, stack, (), device, checkpoints=checkpoints, report=report, stopped=stopped, log=self.form
        )


_datasets: dict[str, StoredDataset] = {}


def _opened(artifact: Artifact) -> StoredDataset:
    """Open a dataset once for all the tasks in a row that train on it."""
    if artifact.digest not in _datasets:
        _datasets.clear()
        _datasets[artifact.digest] = StoredDataset(artifact)
    return _datasets[artifact.digest]
