"""Reading samples, from tensors, arrays, zarr arrays or streams of these, as blocks of bounded size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from posectl.core.nearest.block import Block
from posectl.core.shards import Shards
from posectl.errors import InvalidInputError

BLOCK_BYTES = 48 << 20
"""Size of a block, in float32. No result depends on it."""


class Rows(Protocol):
    """An array that is read by rows: a tensor, a NumPy or zarr array, a memory map."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice, /) -> Any: ...


Samples = Rows | Iterable[Rows] | Shards


def read(samples: Samples, role: str, start: int = 0) -> Iterator[Block]:
    """Blocks of samples (N, ...) that come in one array, or in several, one after the other; errors call them `role`,
    and the first is the start-th of them.

    Raises InvalidInputError where there are none, and for samples that are empty, of different shapes, NaN, infinite,
    or no real numbers.
    """
    shape = None
    for part in _parts(samples, role):
        values = _tensor(part, role)
        shape = shape or tuple(values.shape[1:])
        if values.shape[1:] != shape:
            raise InvalidInputError(
                f"The {role} are of different shapes: {shape}, then {tuple(values.shape[1:])}.",
                "Give samples of one shape.",
            )
        flat = values.flatten(1).contiguous()
        if not torch.isfinite(torch.stack(flat.float().aminmax())).all():
            raise InvalidInputError(
                f"The {role} hold values that are NaN, infinite or beyond float32's range.", "Leave these samples out."
            )
        yield Block(flat, shape, start, role)
        start += len(flat)
    if shape is None:
        raise InvalidInputError(f"There are no {role}.", "Give one sample or more.")


def _parts(samples: Any, role: str) -> Iterator[Any]:
    if isinstance(samples, Shards):
        for part in samples:
            yield from _parts(part, role)
    elif hasattr(samples, "shape"):
        if len(samples.shape) < 2 or 0 in samples.shape:
            raise InvalidInputError(
                f"The {role} come in the shape {tuple(samples.shape)}.",
                "Give one sample or more, each an array: (N, J, 3) for poses, (N, ...) for others.",
            )
        step = _step(samples.shape, getattr(samples, "chunks", None))
        for first in range(0, samples.shape[0], step):
            yield samples[first : first + step]
    elif isinstance(samples, Iterable) and not isinstance(samples, str):
        for part in samples:
            yield from _parts(part, role)
    else:
        raise InvalidInputError(f"The {role} are {type(samples).__name__}, not samples.", "Give an array (N, ...).")


def _step(shape: tuple[int, ...], chunks: Any) -> int:
    """Rows in a block: blocks of about equal length, which end where a chunk ends, so that none is read twice."""
    most = max(1, BLOCK_BYTES // (4 * math.prod(shape[1:])))
    step = -(-shape[0] // -(-shape[0] // most))
    chunk = chunks[0] if chunks and isinstance(chunks[0], int) else 1
    return step if chunk > most else min(-(-step // chunk), most // chunk) * chunk


def _tensor(part: Any, role: str) -> Tensor:
    """A tensor in float64 where float32 would round, else in float32; copied only where it has to be."""
    if not isinstance(part, Tensor):
        part = np.asarray(part)
        if part.dtype.kind not in "fiub":
            raise InvalidInputError(f"The {role} are of the type {part.dtype}.", "Give real numbers.")
        wide = np.result_type(part.dtype, np.float32) != np.float32
        part = torch.from_numpy(np.require(part, np.float64 if wide else np.float32, ["C", "W"]))
    if part.is_complex():
        raise InvalidInputError(f"The {role} are of the type {part.dtype}.", "Give real numbers.")
    wide = part.dtype in (torch.float64, torch.int64, torch.int32)
    return part.detach().to(torch.float64 if wide else torch.float32)
