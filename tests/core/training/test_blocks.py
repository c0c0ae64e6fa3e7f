"""Training samples in blocks: each epoch has every sample once, in an order of (seed, epoch), read from anywhere."""

from __future__ import annotations

import numpy as np
import torch
from core.sharded import sharded

from posectl.core.training.blocks import BlockSamples

SIZES = [30, 0, 50, 17, 3]
VALUES = np.arange(300, dtype=np.float32).reshape(100, 3)


def _rows(stream: BlockSamples, seed: int, first: int, count: int) -> np.ndarray:
    samples, labels = stream.read(seed, first, count)
    assert labels is not None
    assert torch.equal(labels, samples[:, 0].long() // 3)
    return labels.numpy()


def _stream(held: int = 1) -> BlockSamples:
    return BlockSamples(sharded(VALUES, SIZES), torch.device("cpu"), torch.arange(100), held)


def test_every_epoch_has_every_sample_once_and_block_after_block() -> None:
    of = np.repeat([0, 2, 3, 4], [30, 50, 17, 3])
    orders = []
    for epoch in range(4):
        rows = _rows(_stream(), 0, 100 * epoch, 100)
        assert sorted(rows) == list(range(100))
        blocks = of[rows]
        assert np.count_nonzero(np.diff(blocks)) == 3
        orders.append(tuple(blocks[np.flatnonzero(np.diff(blocks, prepend=-1))]))
        assert not np.array_equal(np.sort(rows[:20]), rows[:20])
    assert len(set(orders)) > 1


def test_what_is_read_depends_on_neither_the_reads_before_nor_the_blocks_in_memory() -> None:
    whole = _rows(_stream(), 7, 0, 350)
    for held, count in ((1, 8), (3, 32), (9, 200)):
        stream = _stream(held)
        parts = [_rows(stream, 7, first, min(count, 350 - first)) for first in range(0, 350, count)]
        assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(_rows(_stream(), 7, 213, 90), whole[213:303])
    assert not np.array_equal(_rows(_stream(), 8, 0, 350), whole)


def test_labelled_samples_are_of_a_stream_of_their_own() -> None:
    stream = _stream()
    samples, labels = stream.read_labelled(7, 0, 100)
    assert torch.equal(labels, samples[:, 0].long() // 3)
    assert sorted(labels.tolist()) == list(range(100))
    assert not torch.equal(samples, stream.read(7, 0, 100)[0])
