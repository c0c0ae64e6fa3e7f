"""A stack: replicas of equal shape that train as one, and end as a model each."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from posectl.core.training.loop import Trainer
from posectl.errors import InterruptedRunError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.engines.outcome import Outcome
from posectl.stages.run import Run, produce
from posectl.stages.training.extension import find_beginning, go_on_from
from posectl.stages.training.health import examine
from posectl.stages.training.log import NoLog, logging_to
from posectl.stages.training.model import write_model
from posectl.stages.training.replica import Replica, existing_models
from posectl.stages.training.size import check_fits
from posectl.stages.training.trainer import advance, build_trainer, latest
from posectl.store import Checkpoints, Draft
from posectl.store.leases import Lease

MOST = 64  # replicas of a stack


@dataclass(frozen=True)
class NamedReplica:
    """A replica, and the name of its model."""

    name: str
    replica: Replica

    @property
    def key(self) -> str:
        """The key of the replica."""
        return self.replica.key


@dataclass(frozen=True)
class Stack:
    """Replicas that differ in lambdas and seed alone: all that were planned, trained already or not."""

    replicas: tuple[NamedReplica, ...]

    @property
    def key(self) -> str:
        """The key of its checkpoints."""
        return hashlib.sha256("".join(sorted(r.key for r in self.replicas)).encode()).hexdigest()

    @property
    def steps(self) -> int:
        """The number of training steps."""
        return self.replicas[0].replica.options.steps

    def all_in(self, keys: Collection[str]) -> bool:
        """Tell whether the keys of all replicas are among these."""
        return all(replica.key in keys for replica in self.replicas)


@dataclass(frozen=True)
class ReplicaProgress:
    """The last step's loss and the last error of the split that is watched, NaN before there is one; the step it
    diverged at, or -1."""

    loss: float
    error: float
    diverged_at: int


@dataclass(frozen=True)
class StackProgress:
    """The progress of a stack: its replicas by key, their samples per second, all summed, and the split whose
    errors are taken on the way."""

    step: int
    replicas: Mapping[str, ReplicaProgress]
    rate: float
    watched: str = "test"

    @property
    def all_diverged(self) -> bool:
        """True if every replica diverged."""
        return all(replica.diverged_at >= 0 for replica in self.replicas.values())


def stacks(replicas: Iterable[NamedReplica]) -> list[Stack]:
    """Group replicas by shape, in the order in which the shapes first come, and as many as train well at once."""
    groups: dict[Any, list[NamedReplica]] = {}
    for each in replicas:
        groups.setdefault(replace(each.replica.options, lam=()), []).append(each)
    return [Stack(tuple(group[i : i + MOST])) for group in groups.values() for i in range(0, len(group), MOST)]


def train_stack(
    run: Run,
    dataset: StoredDataset,
    stack: Stack,
    found: Collection[str],
    device: torch.device,
    *,
    checkpoints: Checkpoints,
    report: Callable[[StackProgress], None],
    stopped: Callable[[], bool],
    log: str = "",
) -> dict[str, Outcome]:
    """Train the replicas that are not in `found` (keys) as one, publish each model, and return each outcome by key.

    A stack that was killed goes on at its checkpoint with the replicas that it had then; one that differs from a
    finished stack in being longer, at the end of that. checkpoints: the stack's. log: the form of a log for each. The
    state of one with replicas that diverged stays, for no model tells of them. Raises InterruptedRunError where
    `stopped` ended it, HeldElsewhereError where another process trains it, or took it over.
    """
    with checkpoints.lock() as lease:
        if run.force:
            checkpoints.clear()
        there = _made_meanwhile(run, stack, found)
        found = {*found, *there}
        if stack.all_in(found):
            return there
        saved = checkpoints.load()
        keys = set(saved[2]["replicas"]) if saved else {r.key for r in stack.replicas} - set(found)
        members = [r for r in stack.replicas if r.key in keys]
        check_fits([r.replica for r in members], dataset, device)
        trainer = build_trainer(dataset, [r.replica for r in members], device)
        if saved:
            trainer.restore(saved[0], saved[1])
            run.tell(f"Continuing {len(members)} replicas at step {trainer.step}.")
        elif not run.force:
            _go_on(run, trainer, members, dataset, device)
        with ExitStack() as logs:
            written = [
                logs.enter_context(logging_to(run, log, each.name, each.key, i)) for i, each in enumerate(members)
            ]
            seconds = _run(run, trainer, members, checkpoints, report, stopped, written)
        outcomes = {
            member.key: _publish(run, trainer, i, member, dataset, seconds, device, lease)
            for i, member in enumerate(members)
            if member.key not in found
        }
        lease.check()
        if all(outcome.ref for outcome in outcomes.values()):
            checkpoints.clear()
    return {**there, **outcomes}


def _made_meanwhile(run: Run, stack: Stack, found: Collection[str]) -> dict[str, Outcome]:
    """Return the outcomes that others published since `found` (keys) was asked for, who name them alike."""
    missing = [each for each in stack.replicas if each.key not in found]
    named = (model for each in missing for model in run.artifacts.artifacts("model", each.name))
    models = {} if run.force else existing_models(run, [each.replica for each in missing], named)
    return {key: Outcome(ref=model.ref) for key, model in models.items()}


def _go_on(
    run: Run, trainer: Trainer, members: Sequence[NamedReplica], dataset: StoredDataset, device: torch.device
) -> None:
    """Put a trainer at the end of the same stack's shorter training, if that is there whole."""
    models = run.artifacts.artifacts("model")
    found = [find_beginning(run, dataset, member.replica, device, models) for member in members]
    beginnings = [each for each in found if each is not None and (run.reuse or not each.by_other_code)]
    if len(beginnings) < len(members) or len({each.steps for each in beginnings}) > 1:
        return
    first = f"{len(members)} replicas at step {beginnings[0].steps}, where finished models end"
    why = go_on_from(beginnings, trainer)
    run.tell(f"Starting at step 0, and not {first}: {why}." if why else f"Going on with {first}.")


def _run(
    run: Run,
    trainer: Trainer,
    members: Sequence[NamedReplica],
    checkpoints: Checkpoints,
    report: Callable[[StackProgress], None],
    stopped: Callable[[], bool],
    logs: Sequence[NoLog],
) -> float:
    options, known = members[0].replica.options, trainer.history.diverged_at.copy()

    def save() -> None:
        ended = trainer.step >= options.steps or bool(trainer.history.all_diverged)
        record = {"replicas": [member.key for member in members], "ended": ended}
        checkpoints.save(trainer.step, trainer.state(), record)

    def look(rate: float) -> None:
        nonlocal known
        for i in np.flatnonzero(trainer.history.diverged_at != known).tolist():
            run.tell(f"{members[i].name} diverged at step {trainer.history.diverged_at[i]}; the rest goes on.")
        known = trainer.history.diverged_at.copy()
        report(_progress(trainer, members, rate))
        for log in logs:
            log.update(trainer)

    report(_progress(trainer, members, 0.0))
    finished, seconds = advance(trainer, options, save=save, report=look, stopped=stopped)
    if not finished and not trainer.history.all_diverged:
        raise InterruptedRunError(
            f"Interrupted at step {trainer.step}; the models that were finished are there.", f"To go on: {run.command}"
        )
    if finished or trainer.history.all_diverged:
        save()  # a run that is killed while it publishes loses no training
    return seconds


def _progress(trainer: Trainer, members: Sequence[NamedReplica], rate: float) -> StackProgress:
    replicas, watched = {}, trainer.history.watched
    for i, member in enumerate(members):
        figures = latest(trainer, i) if trainer.step else {}
        loss, error = (figures.get(name, math.nan) for name in ("autoencoder", watched))
        replicas[member.key] = ReplicaProgress(loss, error, int(trainer.history.diverged_at[i]))
    return StackProgress(trainer.step, replicas, rate, watched)


def _publish(
    run: Run,
    trainer: Trainer,
    index: int,
    member: NamedReplica,
    dataset: StoredDataset,
    seconds: float,
    device: torch.device,
    lease: Lease,
) -> Outcome:
    if trainer.history.diverged_at[index] >= 0:
        return Outcome(diverged_at=int(trainer.history.diverged_at[index]))

    health = examine(trainer, index, member.replica, dataset)
    if health.blew_up:
        run.tell(f"{member.name} blew up: {health}; it has no model.")
        return Outcome(diverged_at=trainer.step)
    health.tell(run.tell, member.name)

    def fill(draft: Draft) -> dict[str, Any]:
        return write_model(draft, trainer, index, member.replica, dataset, seconds, health)

    own = replace(run, name=member.name, seed=member.replica.seed, force=True)  # what is there was left out before
    result = produce(
        own, "model", member.name, member.replica.config, fill, stage="train", modules=member.replica.modules,
        parents=[("dataset", dataset.artifact)], device=str(device), lease=lease,
    )  # fmt: skip
    return Outcome(ref=result.ref)
