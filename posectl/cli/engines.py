"""The options of how tasks are done, as `sweep` and `evaluate` take them."""

from __future__ import annotations

from typing import Annotated, Literal

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
