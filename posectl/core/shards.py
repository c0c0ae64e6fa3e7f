"""Samples beyond memory, in blocks that are read when they are asked for."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np

from posectl import budget
from posectl.errors import InvalidInputError

Read = Callable[[int, np.ndarray | None], np.ndarray]
"""Reads the block of a number, or rows of it."""
Part = list[tuple[np.ndarray, np.ndarray]]
"""Distances (N, k) and indices (N, k) that were found in one block, of each of several questions of N queries."""
Bounds = list[np.ndarray] | None
"""Distances (N,) beyond which nothing is looked for, of each question; None: no bounds."""
SearchBlock = Callable[[int, Bounds], Part]
"""Searches the block of a number, within bounds; another process can be given it."""
Submit = Callable[[int, Bounds], "Future[Part]"]
"""Gives the block of a number, and bounds, to a worker."""


class Workers(Protocol):
    """What searches several blocks at once."""

    def searching(self, search: SearchBlock) -> AbstractContextManager[tuple[Submit, int]]:
        """Enter with what gives blocks out, and how many are to be given out at once."""
        ...


class Joint(Protocol):
    """What does the searches of several among the same samples in one pass over them."""

    def nearest(self, question: Any, shards: Shards) -> Any:
        """Return what was found for a question of queries, or ask for it."""
        ...


class Shards:
    """Samples (N, *shape) that come in blocks, never all at once.

    sizes: the number of samples in each block; read: a function of a block's number and of rows in it that returns
    these, (n, *shape), all for None, and that another process can be given (pickle). workers: what searches among these
    samples, several blocks at once; None: this process. joint: what is asked for neighbours among them in place of a
    search.
    """

    joint: Joint | None = None

    def __init__(
        self, sizes: Sequence[int], shape: tuple[int, ...], read: Read, workers: Workers | None = None
    ) -> None:
        self.sizes, self._read, self.workers = np.asarray(sizes, np.int64), read, workers
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.shape = (int(self.sizes.sum()), *shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getstate__(self) -> dict[str, Any]:
        """What another process is given: what is read, and none of who searches."""
        return {"sizes": self.sizes, "starts": self.starts, "shape": self.shape, "_read": self._read, "workers": None}

    @cached_property
    def key(self) -> str:
        """A digest of what is read: shards of one key hold the same samples."""
        return hashlib.sha256(pickle.dumps((self.shape, self.sizes.tolist(), self._read))).hexdigest()

    def block(self, number: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the block of this number, or these rows of it."""
        return self._read(number, rows)

    @property
    def filled(self) -> list[int]:
        """The numbers of the blocks that hold samples."""
        return np.flatnonzero(self.sizes).tolist()

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self.block, self.filled)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return the samples of these rows, in their order; each block that holds some is read once."""
        rows = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        found = np.empty((len(rows), *self.shape[1:]), np.float32)
        of = np.searchsorted(self.starts + self.sizes, rows, side="right")
        for number in np.unique(of).tolist():
            mine = of == number
            found[mine] = self.block(number, rows[mine] - self.starts[number])
        return found

    def mean(self, axis: int = 0, dtype: Any = "float64") -> np.ndarray:
        """Return the mean sample (*shape)."""
        return sum((block.sum(axis, dtype) for block in self), np.zeros(self.shape[1:], dtype)) / len(self)

    def __array__(self, dtype: Any = np.float32, copy: bool | None = None) -> np.ndarray:
        """Return all of them, where they fit into the memory's budget. Raises InvalidInputError where they do not."""
        if (needed := 4 * int(np.prod(self.shape))) > (most := budget.budget()):
            raise InvalidInputError(
                f"This needs all of {len(self):,} samples at once, {budget.size(needed)}, and may take "
                f"{budget.size(most)}.",
                f"Take a smaller set, or give it more: {budget.VARIABLE}={-(-needed // 2**30)}G.",
            )
        return np.concatenate([np.empty((0, *self.shape[1:]), np.float32), *self]).astype(dtype, copy=False)


def joined(parts: Sequence[Shards | np.ndarray]) -> Shards:
    """Return sets of samples of one shape, one after the other."""
    whole = [
        part if isinstance(part, Shards) else Shards([len(part)], part.shape[1:], partial(_all, part)) for part in parts
    ]
    places = [(part, number) for part in whole for number in range(len(part.sizes))]
    sizes = [int(size) for part in whole for size in part.sizes]
    return Shards(sizes, whole[0].shape[1:], partial(_block, places))


def _all(samples: np.ndarray, number: int, rows: np.ndarray | None) -> np.ndarray:
    return samples if rows is None else samples[rows]


def _block(places: list[tuple[Shards, int]], number: int, rows: np.ndarray | None) -> np.ndarray:
    part, place = places[number]
    return part.block(place, rows)
