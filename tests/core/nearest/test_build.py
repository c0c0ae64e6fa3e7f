"""The order of samples under the tree, and its compiler."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.caching import CompileResultCacheImpl

from posectl.core.nearest import build
from posectl.core.nearest.jit import compiled
from posectl.core.nearest.tree import _arrange


@pytest.mark.parametrize("leaf_size", [8, 32])
def test_halving_leaves_none_empty(leaf_size: int) -> None:
    for size in range(leaf_size + 1, 40_000):
        middle = build.middle.py_func(100, 100 + size, leaf_size)
        assert 100 < middle < 100 + size
        assert (middle - 100) % leaf_size == 0


@pytest.mark.parametrize("size", [1, 8, 513, 1537, 32 * 1024 + 1, 70_001])
def test_the_order_holds_every_sample_once(size: int) -> None:
    rows = np.random.default_rng(0).normal(size=(size, 3)).astype(np.float32)
    for some in (rows, np.zeros_like(rows), rows / abs(rows).max() * np.float32(3e38)):
        for leaf_size in (8, 32):
            assert np.array_equal(np.sort(_arrange(some, leaf_size)), np.arange(size))


def test_neighbours_come_to_lie_together() -> None:
    # 64 tight clusters of eight, shuffled: each ends up as one leaf.
    random = np.random.default_rng(0)
    label = random.permutation(np.repeat(np.arange(64), 8))
    centres = np.stack(np.meshgrid(*[np.arange(4) * s for s in (1, 5, 25)]), -1).reshape(64, 3)
    rows = (centres[label] + 1e-3 * random.normal(size=(512, 3))).astype(np.float32)
    leaves = label[_arrange(rows, 8)].reshape(64, 8)
    assert (leaves == leaves[:, :1]).all()


def test_a_row_that_repeats_the_one_before_it_is_a_twin() -> None:
    rows = np.float32([[1, 2], [1, 3], [1, 2], [1, 2], [-0.0, 0.0], [0.0, -0.0]])
    order = np.array([0, 2, 3, 1, 4, 5], np.int32)
    points, duplicates = np.zeros((2, 3, 4), np.float32), np.zeros(6, np.bool_)
    build.pack(rows, order, points, duplicates, 0, 1)
    build.pack(rows, order, points, duplicates, 1, 2)
    assert duplicates.tolist() == [False, True, True, False, False, True]
    np.testing.assert_array_equal(points[0, :2], rows[order[:4]].T)
    np.testing.assert_array_equal(points[1, :2], rows[[4, 5, 5, 5]].T)


def test_code_is_compiled_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompileResultCacheImpl, "_locator_classes", [])

    @compiled()
    def twice(x: int) -> int:
        return 2 * x

    assert twice(21) == 42
