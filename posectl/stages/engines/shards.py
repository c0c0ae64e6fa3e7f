"""Shards: the part of a sweep's stacks that one of several jobs trains, on hosts that share the store alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from posectl.errors import UsageError

T = TypeVar("T")


class _Variables(NamedTuple):
    """The environment variables by which a scheduler numbers its jobs; first, step: where they do not run from 0."""

    number: str
    total: str
    first: str = ""
    step: str = ""


SCHEDULERS = {
    "Slurm's array": _Variables(
        "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"
    ),
    "Open MPI": _Variables("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    "torchrun": _Variables("RANK", "WORLD_SIZE"),
    "SkyPilot": _Variables("SKYPILOT_NODE_RANK", "SKYPILOT_NUM_NODES"),
}


@dataclass(frozen=True)
class Shard:
    """Every count-th of a list, from the index-th on, counted from 1."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if self.count < 1 or not 1 <= self.index <= self.count:
            raise UsageError(f"There is no shard {self}.", "Shards of four are 1/4, 2/4, 3/4 and 4/4.")

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def of(self, items: Sequence[T]) -> list[T]:
        """Return this shard's of a list.

        >>> Shard(2, 3).of("abcdefg")
        ['b', 'e']
        """
        return list(items[self.index - 1 :: self.count])


def parse(text: str) -> Shard:
    """Read "2/4". Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip())
    if not match:
        raise UsageError(f"{text!r} is no shard.", "Shards of four are --shard 1/4, 2/4, 3/4 and 4/4.")
    return Shard(int(match[1]), int(match[2]))


def from_environment(environment: Mapping[str, str]) -> tuple[Shard, str] | None:
    """Return the shard that a scheduler's variables name, and the scheduler; None where there is no such job.

    >>> from_environment({"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "5"})
    (Shard(index=3, count=4), "Slurm's array")

    Raises UsageError for numbers with gaps, by which no part can be told.
    """
    for name, variables in SCHEDULERS.items():
        try:
            number, count = int(environment[variables.number]), int(environment[variables.total])
            first, step = int(environment.get(variables.first, 0)), int(environment.get(variables.step, 1))
        except (KeyError, ValueError):
            continue
        if count < 2:
            continue
        index, rest = divmod(number - first, max(1, step))
        if rest or not 0 <= index < count:
            raise UsageError(
                f"{name} has {count} jobs, of which this is number {number}: that names no shard.",
                f"Number them without gaps, 1-{count}, or give --shard 1/{count} and so on.",
            )
        return Shard(index + 1, count), name
    return None
