"""sweep: models over lists of lambdas and latent sizes, with several seeds, trained together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import torch

from posectl.core import device as devices
from posectl.errors import DivergedError, NotFoundError, UsageError
from posectl.stages.artifacts.about import SweepAbout
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.members import members
from posectl.stages.engines.engine import Engine, do_all
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.shards import Shard
from posectl.stages.identity import key_of, work_of
from posectl.stages.options import Axes, TrainOptions
from posectl.stages.run import Result, Run, find_existing, produce
from posectl.stages.training.dataset import training_set
from posectl.stages.training.progress import ProgressTable
from posectl.stages.training.replica import existing_models, identify
from posectl.stages.training.settings import build_objectives, check_options, default_name, remarks
from posectl.stages.training.stack import NamedReplica, Stack, stacks
from posectl.stages.training.task import StackTask
from posectl.stages.training.trainer import interruptible
from posectl.store import Artifact, Draft
from posectl.store.refs import fitting_name

_ERRORS = ("test_error", "best_test_error", "validation_error", "best_validation_error")
ALL = Shard(1, 1)


def sweep(
    run: Run,
    dataset: str | None = None,
    options: TrainOptions = TrainOptions(),
    axes: Axes = Axes(),
    *,
    engine: Engine = Engine(),
) -> Result:
    """Train a model at every point of the axes, and publish a sweep of them; what is trained already is found.

    Every model has the key and the config that `train` would give it, so the two find each other's models. What they
    compute agrees to rounding, not to the bit, for a stack multiplies its matrices in another order; a model's `about`
    says in a stack of how many it was trained. A sweep that was killed goes on where it was. A replica that diverges is
    reported and left out, but for its row in the sweep's arrays. Raises DivergedError if all diverged,
    UsageError for axes or options that make no sense, InterruptedRunError after Ctrl-C.
    """
    result = sweep_shard(run, dataset, options, axes, ALL, engine=engine)
    assert result is not None, "of one shard nothing is left to others"
    return result


def sweep_shard(
    run: Run,
    dataset: str | None,
    options: TrainOptions,
    axes: Axes,
    shard: Shard,
    *,
    engine: Engine = Engine(),
) -> Result | None:
    """Train a shard's stacks of a sweep, and publish the sweep if none is left to other shards; else return None.

    Raises as `sweep`, and UsageError for `run.force`.
    """
    check_points(options, axes)
    if run.force and (shard != ALL or engine.name == "dask"):
        raise UsageError(
            "A shard cannot be made again by force, for others' models of the same sweep would be, too."
            if shard != ALL
            else "On Dask nothing is made again by force, for a task may be done twice.",
            "Leave --force out, or remove the models first: posectl store rm.",
        )
    device = engine.resolve(run.device)
    run = replace(run, device=str(device))
    data = training_set(run, dataset)
    if engine.name == "dask":
        run = replace(run, threads=engine.context(run).threads)
    devices.use_threads(run.threads)
    replicas = replicas_of(run, data, options, axes, device)
    run.detail(
        f"{len(replicas)} models in {len(stacks(replicas))} stacks, trained {engine.name}, {engine.processes} at once."
    )
    for remark in remarks(replicas[0].replica.objectives, data):
        run.tell(remark)
    for replica in replicas:
        run.artifacts.check_free("model", replica.name)
    config = {**run.config(options), **run.config(axes)}
    modules = {module for each in replicas for module in each.replica.modules}
    work = work_of("sweep", config, run.seed, str(device), [("dataset", data.artifact.digest)])
    key = key_of(work, "sweep", modules)
    there = run.artifacts.find("sweep", run.name, key)
    if not run.force and (there is None or _is_whole(run, there)):
        taken = find_existing(run, "sweep", run.name, key, work, ["dataset"])
        if taken is not None:
            return Result(taken, dict(taken.summary), reused=True)
    planned = stacks(replicas)
    own = shard.of(planned)
    if not own:
        run.tell(f"Nothing falls to shard {shard}: there are {len(planned)} stacks.")
    outcomes = _trained(run, data, own, engine)
    if shard != ALL:
        if left := _left(run, planned):
            count = sum(len(stack.replicas) for stack in left)
            run.tell(f"Shard {shard} has ended; {count} models are left to others, of whom the last publishes.")
            return None
        outcomes = _trained(run, data, planned, engine)
    with run.artifacts.checkpoints(f"sweep-{key}").lock(math.inf):  # of those who end at once, one publishes
        newest = None if run.force else run.artifacts.find("sweep", run.name, key)
        if newest is not None and (there is None or newest.ref != there.ref):
            return Result(newest, dict(newest.summary), reused=True)
        result = produce(
            replace(run, force=True), "sweep", run.name or f"{default_name(options, data)}-sweep", config,
            lambda draft: _write(run, draft, replicas, outcomes), stage="sweep", modules=modules,
            parents=[("dataset", data.artifact)], device=str(device), about=SweepAbout(regularizers=options.reg),
        )  # fmt: skip
    for checkpoints in (run.artifacts.checkpoints(stack.key) for stack in planned):
        if checkpoints.record().get("ended"):  # of one with replicas that diverged, which is told now
            checkpoints.clear()
    return result


def _trained(run: Run, data: StoredDataset, planned: Sequence[Stack], engine: Engine) -> dict[str, Outcome]:
    """Train what is missing of some stacks, and return the outcome of every replica by its key."""
    replicas = [each.replica for stack in planned for each in stack.replicas]
    found = {} if run.force else existing_models(run, replicas)
    if found:
        run.tell(f"{len(found)} of {len(replicas)} models are there.")
    missing = [stack for stack in planned if not stack.all_in(found)]
    if not missing:
        return {key: Outcome(ref=model.ref) for key, model in found.items()}
    table, theirs = ProgressTable(run, planned, found), engine.context(run)
    tasks = [StackTask.of(theirs, data, stack, engine.log) for stack in missing]
    numbers = [planned.index(stack) for stack in missing]
    run.progress(table.progress())
    with interruptible() as stopped:
        outcomes = do_all(
            run, tasks, engine, lambda i, progress, host: table.report(numbers[i], progress, host), stopped
        )
    return outcomes | {key: Outcome(ref=model.ref) for key, model in found.items()}


def _left(run: Run, planned: Sequence[Stack]) -> list[Stack]:
    """Return the stacks of which something is left to train: models are missing, and it is no last state in which some
    diverged."""
    going = [stack for stack in planned if not run.artifacts.checkpoints(stack.key).record().get("ended", False)]
    found = existing_models(run, [each.replica for stack in going for each in stack.replicas])
    return [stack for stack in going if not stack.all_in(found)]


def check_points(options: TrainOptions, axes: Axes) -> None:
    """Raise UsageError for axes or options that make no sense, before an empty store is given a dataset."""
    for point in expand(options, axes):
        check_options(point)
        build_objectives(point)


def replicas_of(
    run: Run, data: StoredDataset, options: TrainOptions, axes: Axes, device: torch.device
) -> list[NamedReplica]:
    """Return the training of every point and seed, named."""
    prefix = run.name or default_name(options, data)
    return [
        NamedReplica(name_of(prefix, point, seed), identify(run, data, point, seed, device))
        for point in expand(options, axes)
        for seed in range(run.seed, run.seed + axes.seeds)
    ]


def expand(options: TrainOptions, axes: Axes) -> list[TrainOptions]:
    """Return the options of every point, latent size by latent size: lists multiplied, or paired if `axes.zip`.

    Where lists are paired, a list of one value serves all. Raises UsageError for lists that are empty or do not pair.
    """
    lists: list[Sequence[Any]] = [axes.latent, *axes.lam]
    if not all(lists):
        raise UsageError(f"{'--latent' if not axes.latent else '--lam'} is an empty list.", "For example --lam 0,0.1.")
    if min(axes.latent) < 1:
        raise UsageError(f"A latent size is at least 1, not {min(axes.latent)}.", "For example --latent 8,16.")
    if axes.seeds < 1:
        raise UsageError(f"--seeds must be at least 1, not {axes.seeds}.", "For example --seeds 3.")
    if axes.zip:
        longest = max(map(len, lists))
        if any(len(values) not in (1, longest) for values in lists):
            lengths = " and ".join(str(len(values)) for values in lists)
            raise UsageError(
                f"Lists of {lengths} values (latent sizes first) cannot be paired.",
                "Give each as many values, or one for all; without --zip they are multiplied.",
            )
        lists = [tuple(values) * (longest // len(values)) for values in lists]
        points = list(zip(*lists, strict=True))
    else:
        points = list(product(*lists))
    return [replace(options, latent=latent, lam=tuple(lam)) for latent, *lam in dict.fromkeys(points)]


def name_of(prefix: str, options: TrainOptions, seed: int) -> str:
    """Name a replica's model: acai-d8-l0.1-s0."""
    lams = "".join(f"-l{lam:g}".replace("+", "") for lam in options.lam)
    return fitting_name(f"{prefix}-d{options.latent}{lams}-s{seed}")


def _is_whole(run: Run, artifact: Artifact) -> bool:
    try:
        return bool(members(run, artifact))
    except NotFoundError:
        return False


def _write(run: Run, draft: Draft, replicas: Sequence[NamedReplica], outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Put the table of all replicas into the draft, and return its summary."""
    ended = [outcomes[each.key] for each in replicas]
    models = [run.artifacts.get(outcome.ref) if outcome.ref else None for outcome in ended]
    if not any(models):
        raise DivergedError(
            f"All {len(replicas)} replicas diverged, the first at step {min(o.diverged_at for o in ended)}.",
            "A smaller --lr or --lam usually helps.",
        )
    errors = [key for key in _ERRORS if any(key in model.summary for model in models if model)]
    rows = [_row(each, outcome, model, errors) for each, outcome, model in zip(replicas, ended, models, strict=True)]
    draft.record(parents=[("model", model) for model in models if model is not None])
    draft.put("lambda", np.array([row["lam"] for row in rows], dtype=np.float64), ("replica", "regularizer"))
    for key in ("latent", "seed", "diverged_at"):
        draft.put(key, np.array([row[key] for row in rows], dtype=np.int64), ("replica",))
    for key in errors:
        values = [np.nan if row[key] is None else row[key] for row in rows]
        draft.put(key, np.array(values, dtype=np.float64), ("replica",))
    return {"replicas": rows, "diverged": sum(row["diverged_at"] >= 0 for row in rows)}


def _row(each: NamedReplica, outcome: Outcome, model: Artifact | None, errors: Sequence[str]) -> dict[str, Any]:
    return {
        "name": each.name,
        "model": outcome.ref,
        "lam": [objective.lam for objective in each.replica.objectives],
        "latent": each.replica.options.latent,
        "seed": each.replica.seed,
        **{key: model.summary[key] if model else None for key in errors},
        "diverged_at": outcome.diverged_at,
    }
