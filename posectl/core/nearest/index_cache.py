"""A cache of the index over the reference searched last: the metrics of one evaluation search the same samples."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeGuard

import torch
from torch import Tensor

from posectl.core.nearest.block import Block
from posectl.core.nearest.read import Samples, read

LARGEST = 48 << 20
"""Bytes of a reference that is cached; its index takes up to 1.3 times as much. No result depends on it."""


@dataclass(frozen=True)
class _Entry:
    """An index over a tensor: over a copy of it, for the tensor may change."""

    tensor: weakref.ref[Tensor]
    copy: Tensor
    blocks: list[Block]

    def is_of(self, reference: Tensor) -> bool:
        """True for this very tensor, unchanged in every number.

        That takes a fiftieth of the time to build. A tensor's version would tell sooner, but it does not count what is
        written through a NumPy array that shares its memory.
        """
        return self.tensor() is reference and self.copy.shape == reference.shape and torch.equal(self.copy, reference)


class IndexCache:
    """A cache with room for one reference, the largest that lives, until its tensor is gone.

    Threads need no lock: each reads and writes the one attribute in a single step, so that it sees a whole entry or
    another; an entry never changes, but for what its blocks derive, and two threads that derive the same at once derive
    equal things, of which one stays.
    """

    def __init__(self) -> None:
        self._entry: _Entry | None = None

    def blocks(self, reference: Samples) -> Iterable[Block]:
        """The blocks of a reference: those in the cache, or newly read ones. Raises as `read`."""
        entry = self._entry
        if not _fits(reference):
            return read(reference, "reference")
        if entry and entry.is_of(reference):
            return entry.blocks
        known = entry.tensor() if entry else None
        if known is not None and known is not reference and known.nbytes > reference.nbytes:
            return read(reference, "reference")
        copy = reference.detach().clone()
        entry = _Entry(weakref.ref(reference, self._forget), copy, list(read(copy, "reference")))
        self._entry = entry
        return entry.blocks

    def _forget(self, gone: weakref.ref[Tensor]) -> None:
        entry = self._entry
        if entry and entry.tensor is gone:
            self._entry = None


def _fits(reference: Samples) -> TypeGuard[Tensor]:
    return (
        isinstance(reference, Tensor)
        and reference.is_cpu
        and reference.dtype in (torch.float32, torch.float64)
        and reference.nbytes <= LARGEST
    )
