"""posectl sweep: models over lists of lambdas and latent sizes, trained together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from posectl.cli import training
from posectl.cli.command import Session, command
from posectl.cli.engines import Devices, EngineName, Jobs, Scheduler, ShardOf, scheduled_shard
from posectl.cli.help import option, parameter
from posectl.cli.live import live_table
from posectl.cli.root import app
from posectl.cli.training import DEFAULT

if TYPE_CHECKING:
    from posectl.api.artifacts import Sweep
    from posectl.stages.dry_run import StackPlan

OPTIONS = training.options(
    lam=parameter(
        list[str] | None, None, "Objective", "Weights of the regularizer, a list for each --reg.", metavar="X,X",
        show_default="as published",
    ),
    latent=parameter(
        str, str(DEFAULT.latent), "Model", "Latent sizes, numbers of dimensions of a code.", metavar="N,N"
    ),
)  # fmt: skip


@command(app, shared=OPTIONS)
def sweep(
    session: Session,
    shared: dict[str, Any],
    dataset: training.Dataset = None,
    seeds: Annotated[
        int,
        option("Sweep", "Number of models at each point, of seeds from --seed on.", metavar="N", min=1),
    ] = 1,
    zip_: Annotated[bool, option("Sweep", "Pair the lists instead of multiplying them.", "--zip")] = False,
    engine: EngineName = "inline",
    jobs: Jobs = 1,
    scheduler: Scheduler = "",
    devices: Devices = None,
    shard: ShardOf = None,
    log: training.Log = "none",
    dry_run: training.DryRun = False,
) -> None:
    """Train a model at every point of lists of lambdas and latent sizes, those of one shape as one stack.

    --name is the sweep's, and how its models' names begin. Models that are there already are not trained again. A sweep
    that was killed goes on where it was, and one with more --steps than a finished one at its end. evaluate, compare
    and plot take a sweep for all its models. Processes that sweep the same at once, on hosts that share no more than
    the store's folder, divide the work, and take over what a dead one held; --shard divides it beforehand, and the last
    to end publishes the sweep; Dask gives each stack to a worker, which may be lost. Parts and Dask's tasks compute on
    one thread each, unless --threads says otherwise.

    \b
    Examples:
      posectl sweep --reg acai --lam 0,0.001,0.01,0.1,0.3 --latent 8,16 --seeds 3
      posectl sweep poses --reg acai --lam 0.1,0.3 --latent 8,16 --zip --name pairs
      posectl sweep --reg acai --lam 0,0.1 --latent 8,16 --engine process --jobs 2
      posectl sweep --reg acai --lam 0,0.1 --latent 8,16 --shard 1/2
      posectl sweep --reg acai --lam 0,0.1 --latent 8,16 --engine dask --scheduler tcp://head:8786
    """
    from posectl.cli.values import integers, names, numbers

    lam = tuple(numbers(text, "--lam") for text in shared["lam"] or ())
    latent = integers(shared["latent"], "--latent")
    options, lab = training.resolved(session, shared, lam=lam, latent=latent), session.lab()
    if dry_run:
        plans = lab.dry_sweep(dataset, seeds=seeds, zip=zip_, **options)
        session.out.data("\n".join(map(_line, plans)), {"stacks": [asdict(plan) for plan in plans]})
        return
    how = {
        "seeds": seeds, "zip": zip_, "engine": engine, "jobs": jobs, "scheduler": scheduler,
        "devices": names(devices) or (), "log": "" if log == "none" else log, **options,
    }  # fmt: skip
    part = shard or scheduled_shard(session)
    with live_table(session.out) as lab.run.progress:
        result: Sweep | None
        if part is None:
            result = lab.sweep(dataset, **how)
        else:
            lab.run.threads = lab.run.threads or 1  # so that bits do not depend on the host
            result = lab.sweep_shard(part, dataset, **how)
    if result is None:
        return
    rows = result.figures["replicas"]
    for row in rows:
        if row["diverged_at"] >= 0:
            session.out.warn(f"{row['name']} diverged at step {row['diverged_at']}; it has no model.")
    errors = {name: key for name, key in _ERRORS.items() if key in rows[0]}
    session.out.table(
        ["model", "lambda", "latent", "seed", *errors],
        [_cells(row, errors.values()) for row in rows],
        title=result.ref,
        spare=("best", "seed", "latent", "lambda"),
    )
    session.out.result(result)


_ERRORS = {"validation error": "validation_error", "test error": "test_error", "best": "best_test_error"}


def _line(plan: StackPlan) -> str:
    """Write what `--dry-run` prints of a stack."""
    from posectl.budget import size

    part = "" if plan.shard == "1/1" else f", --shard {plan.shard}"
    there = f", {len(plan.there)} of them there already" if plan.there else ""
    cost = f"; {size(sum(plan.memory.values()))}, about {training.minutes(plan.seconds)}" if plan.memory else ""
    models = f"{len(plan.models)} models of {plan.latent} numbers a code"
    return f"{plan.id} ({plan.state}{part}): {models}{there}{cost}: {', '.join(plan.models)}"


def _cells(row: dict[str, Any], keys: Iterable[str]) -> list[str]:
    errors = ["–" if row[key] is None else f"{row[key]:.4g}" for key in keys]
    lam = ", ".join(f"{value:g}" for value in row["lam"])
    return [row["model"] or row["name"], lam, str(row["latent"]), str(row["seed"]), *errors]
