"""Processes that hold leases and train under them, which tests freeze and kill."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from posectl.errors import ConflictError
from posectl.store import beats
from posectl.store.leases import Lease

LATENTS, LAMBDAS = (3, 4, 5), (0.0, 0.1)


def hold(path: Path, work: Connection) -> None:
    """Take a lease, say so, and when told to go on say whether it is still held."""
    beats.BEAT = 0.05
    lease = Lease(path)
    work.send(lease.acquire(patience=0))
    work.recv()
    try:
        lease.check()
        work.send("still mine")
    except ConflictError as error:
        work.send(error.message)
    lease.release()


def train(store: Path, ready: Connection, steps: int) -> None:
    """Sweep as one of several; send "training" as it goes on, then what was told, then the sweep's ref."""
    from posectl.stages.engines import engine
    from posectl.stages.options import Axes, TrainOptions
    from posectl.stages.run import Run
    from posectl.stages.sweep import sweep

    beats.BEAT, beats.SILENCE, engine._ASK_SECONDS = 0.05, 5.0, 0.1
    told: list[str] = []
    run = Run(store=store, threads=1, tell=told.append, progress=lambda progress: ready.send("training"))
    options = TrainOptions(reg=("acai",), steps=steps, set=("mlp.widths=8",), evaluate_every=10)
    result = sweep(run, None, options, Axes(lam=(LAMBDAS,), latent=LATENTS))
    ready.send(told)
    ready.send(result.ref)


def sent(connection: Connection) -> object:
    """What a process sends next; AssertionError if that takes two minutes."""
    assert connection.poll(120)
    return connection.recv()
