"""dry_run: what a training would be, without training it: its settings, size, and time by a few of its steps."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from posectl.core import device as devices
from posectl.core.training.ranks import from_environment
from posectl.errors import NotFoundError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.engines.shards import Shard
from posectl.stages.options import Axes, TrainOptions
from posectl.stages.run import Run
from posectl.stages.sweep import check_points, replicas_of
from posectl.stages.training.dataset import training_set
from posectl.stages.training.replica import Replica, existing_models, identify
from posectl.stages.training.settings import build_objectives, check_options, default_name, divided
from posectl.stages.training.size import check_fits, size_of
from posectl.stages.training.stack import Stack, stacks
from posectl.stages.training.trainer import build_trainer

# Steps that are timed, and seconds after which they are enough.
_STEPS, _SECONDS = 64, 2.0


@dataclass(frozen=True)
class DryRun:
    """What would be trained. config: every setting with its source; parameters: by network; memory: bytes by what they
    hold, "step" those that one step keeps for its gradients; seconds: a guess, by `steps_timed` steps; there: the ref
    of the model, if it is trained already; checkpoint: the step that --resume would go on from, or 0."""

    name: str
    dataset: str
    device: str
    config: dict[str, dict[str, Any]]
    parameters: dict[str, int]
    memory: dict[str, int]
    seconds: float
    steps_timed: int
    there: str | None = None
    checkpoint: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of `--json`."""
        return asdict(self)


def dry_run(run: Run, dataset: str | None = None, options: TrainOptions = TrainOptions()) -> DryRun:
    """Tell what `train` would do with these options, and publish nothing. Raises as `train` does, and NotFoundError in
    an empty store, which is given no dataset."""
    check_options(options)
    ranks = from_environment(os.environ)
    options = divided(options, ranks and ranks[1])
    build_objectives(options)
    device = devices.resolve(run.device)
    if dataset is None and run.artifacts.newest("dataset") is None:
        raise NotFoundError(f"There is no dataset in {run.store}.", "`posectl prepare mannequin` makes a first one.")
    data = training_set(run, dataset)
    devices.use_threads(run.threads)
    replica = identify(run, data, options, run.seed, device)
    check_fits([replica], data, device)
    size = size_of([replica], data)
    seconds, steps, kept = _timed([replica], data, device)
    there = existing_models(run, [replica]).get(replica.key)
    saved = run.artifacts.checkpoints(replica.key).load()
    return DryRun(
        run.name or default_name(options, data), data.artifact.ref, str(device), replica.config, size.parameters,
        {**size.memory, "step": kept}, seconds, steps, there.ref if there else None, saved[0] if saved else 0,
    )  # fmt: skip


@dataclass(frozen=True)
class StackPlan:
    """What a stack of a sweep would be. id: the beginning of its key; state: how far it is; shard: the part of
    `--shard` that is this stack alone; models: the names of all; there: the refs of those that are trained already;
    memory and seconds: of the rest, as in DryRun."""

    id: str
    state: str
    shard: str
    latent: int
    models: list[str]
    there: list[str]
    memory: dict[str, int]
    seconds: float


def dry_sweep(
    run: Run, dataset: str | None = None, options: TrainOptions = TrainOptions(), axes: Axes = Axes()
) -> list[StackPlan]:
    """Tell what `sweep` would do, a plan a stack, and publish nothing. Raises as `sweep` and `dry_run` do."""
    check_points(options, axes)
    device = devices.resolve(run.device)
    if dataset is None and run.artifacts.newest("dataset") is None:
        raise NotFoundError(f"There is no dataset in {run.store}.", "`posectl prepare mannequin` makes a first one.")
    data = training_set(run, dataset)
    devices.use_threads(run.threads)
    plans = []
    replicas = replicas_of(run, data, options, axes, device)
    planned, there = stacks(replicas), existing_models(run, [each.replica for each in replicas])
    for i, stack in enumerate(planned, 1):
        found = {each.key: there[each.key] for each in stack.replicas if each.key in there}
        missing = [each.replica for each in stack.replicas if each.key not in found]
        memory: dict[str, int] = {}
        seconds = 0.0
        if missing:
            check_fits(missing, data, device)
            seconds, _, kept = _timed(missing, data, device)
            memory = {**size_of(missing, data).memory, "step": kept}
        names, refs = [each.name for each in stack.replicas], [model.ref for model in found.values()]
        state = _state(run, stack, bool(missing))
        part, latent = str(Shard(i, len(planned))), stack.replicas[0].replica.options.latent
        plans.append(StackPlan(stack.key[:12], state, part, latent, names, refs, memory, seconds))
    return plans


def _state(run: Run, stack: Stack, missing: bool) -> str:
    checkpoints = run.artifacts.checkpoints(stack.key)
    if not missing:
        return "trained"
    if owner := checkpoints.lease.owner():
        return f"held by process {owner.get('pid', '?')} on {owner.get('host', '?')}"
    record = checkpoints.record()
    if record.get("ended"):
        return "ended, some diverged"
    return "begun" if record else "to train"


def _timed(replicas: Sequence[Replica], data: StoredDataset, device: torch.device) -> tuple[float, int, int]:
    """Take a few steps, and return the seconds that all will take, how many were timed, and what one holds on to."""
    options = replicas[0].options
    few = min(options.steps, _STEPS)
    probe = replace(options, steps=few + 1, evaluate_every=few + 1, snapshots=0)
    trainer = build_trainer(data, [replace(each, options=probe) for each in replicas], device)
    held: dict[int, int] = {}

    def hold(tensor: torch.Tensor) -> torch.Tensor:
        try:
            held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        except RuntimeError:  # of forward derivatives, which have no storage of their own to ask
            held[id(tensor)] = tensor.nbytes
        return tensor

    started = time.perf_counter()
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        trainer.run(should_stop=lambda: True)
    first = time.perf_counter() - started  # with a test error and a block of batches
    started = time.perf_counter()
    trainer.run(should_stop=lambda: trainer.step + 1 >= few or time.perf_counter() - started > _SECONDS)
    timed = trainer.step - 1
    each = (time.perf_counter() - started) / timed if timed else first
    tests = 1 + options.steps // options.evaluate_every
    return options.steps * each + tests * max(0.0, first - each), max(1, timed), sum(held.values())
