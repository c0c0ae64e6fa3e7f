"""The options of how tasks are done, as `sweep` and `evaluate` take them."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from posectl.cli.command import Session
from posectl.cli.help import option

EngineName = Annotated[
    Literal["inline", "process", "dask"],
    option(
        "Machines", "Compute in this process, in processes of their own, or on Dask's workers (extra dask).", "--engine"
    ),
]
Jobs = Annotated[int, option("Machines", "Number of processes at once.", "--jobs", metavar="N", min=1)]
Scheduler = Annotated[
    str,
    option(
        "Machines", "Address of Dask's scheduler, such as tcp://head:8786.", "--scheduler", metavar="ADDRESS",
        show_default="--jobs processes of this machine",
    ),
]  # fmt: skip
Devices = Annotated[
    str | None,
    option(
        "Machines", "Devices of --engine process, a process on each, such as cuda:0,cuda:1.", "--devices",
        metavar="LIST", show_default="--device; of CUDA's as many as --jobs",
    ),
]  # fmt: skip
ShardOf = Annotated[
    str | None,
    option(
        "Machines", "Do one of N parts, as a job of several that share the store.", "--shard", metavar="I/N",
        show_default="by the variables of Slurm's arrays, Open MPI, torchrun, SkyPilot",
    ),
]  # fmt: skip


def scheduled_shard(session: Session) -> str | None:
    """Return the shard that this job is of a scheduler's, None if it is none."""
    from posectl.stages.engines.shards import from_environment

    found = from_environment(os.environ)
    if found is None:
        return None
    session.out.tell(f"This is job {found[0]} of {found[1]}, which does that shard.")
    return str(found[0])
