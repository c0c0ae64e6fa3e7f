"""The samples of a dataset that are beyond memory, read block by block."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial

import numpy as np

from posectl import budget
from posectl.core.shards import Shards
from posectl.errors import InvalidInputError
from posectl.store import Artifact

BLOCK_BYTES = 48 << 20
# A block is read, decoded and copied, and its boxes take 1.3 times as much.
_COPIES = 4


def is_beyond_memory(artifact: Artifact) -> bool:
    """Tell whether the samples of a dataset exceed the memory's budget."""
    return artifact.arrays()["samples"].bytes > budget.budget()


def stored(artifact: Artifact, kept: np.ndarray | None = None) -> Shards:
    """Return the samples of a dataset, or those (N,) that are kept of them, in blocks of whole files.

    Raises InvalidInputError where the memory's budget has no room for one block.
    """
    blocks = [rows for rows in artifact.row_blocks("samples", BLOCK_BYTES) if rows is not None]
    info = artifact.arrays()["samples"]
    count = info.shape[0]
    largest = info.bytes // count * max(len(range(*rows.indices(count))) for rows in blocks)
    if (needed := _COPIES * largest) > (most := budget.budget()):
        raise InvalidInputError(
            f"A block of the samples of {artifact.ref} takes {budget.size(needed)} of memory, and the budget is "
            f"{budget.size(most)}.",
            f"Give it more: {budget.VARIABLE}={-(-needed // 2**20)}M.",
        )
    sizes = [len(range(*rows.indices(count))) if kept is None else int(kept[rows].sum()) for rows in blocks]
    bits = [None if kept is None or kept[rows].all() else _packed(kept[rows]) for rows in blocks]
    return Shards(sizes, info.shape[1:], partial(_read, artifact, blocks, bits))


def _packed(kept: np.ndarray) -> bytes:
    return zlib.compress(np.packbits(kept).tobytes())


def _read(
    artifact: Artifact,
    blocks: Sequence[slice],
    bits: Sequence[bytes | None],  # a bit a row, packed, where a block is not kept whole: workers are sent these
    number: int,
    rows: np.ndarray | None,
) -> np.ndarray:
    samples = artifact.read("samples", blocks[number])
    if (kept := bits[number]) is not None:
        packed = np.frombuffer(zlib.decompress(kept), np.uint8)
        samples = samples[np.unpackbits(packed, count=len(samples)).astype(bool)]
    return samples if rows is None else samples[rows]
