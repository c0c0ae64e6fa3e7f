"""The search among shards, in one process and in several, against float64 brute force and the search in memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.test_nearest import measured, randn
from core.sharded import sharded

from posectl.core.metrics.nearest import nearest
from posectl.core.nearest.parallel import Processes
from posectl.core.nearest.search import merge
from posectl.core.shards import joined
from posectl.errors import InvalidInputError

SIZES = [0, 7, 60, 0, 33, 100]


def _with_ties() -> tuple[np.ndarray, np.ndarray]:
    """Queries, and a reference in which each sample comes in several blocks: all nearest ones are ties."""
    reference = randn(200, 5, 3)
    reference[100:] = reference[:100]
    reference[3] = reference[150] = reference[60]
    return np.concatenate([reference[::9], randn(20, 5, 3, seed=1)]), reference


@pytest.mark.parametrize("metric", ["mpjpe", "l2", "cosine"])
@pytest.mark.parametrize("k", [1, 4, 50])
def test_shards_are_searched_to_the_bit_as_the_whole(metric: str, k: int) -> None:
    queries, reference = _with_ties()
    whole = nearest(queries, reference, k, metric)
    found = nearest(torch.from_numpy(queries), sharded(reference, SIZES), k, metric)
    assert all(torch.equal(a, b) for a, b in zip(whole, found, strict=True))
    if metric != "cosine":
        everything = measured(queries, reference, metric)
        order = np.argsort(everything, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(found[1], order)
        np.testing.assert_allclose(found[0], np.take_along_axis(everything, order, 1), rtol=1e-12)


def test_processes_find_what_one_finds_to_the_bit_ties_included() -> None:
    queries, reference = _with_ties()
    expected = nearest(queries, reference, 4)
    found = nearest(torch.from_numpy(queries), sharded(reference, SIZES, Processes(2)), 4)
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))


def test_searches_of_parts_merge_by_distance_then_index() -> None:
    a = torch.tensor([[1.0, 2.0, torch.inf]]).double(), torch.tensor([[9, 4, torch.iinfo(torch.int64).max]])
    b = torch.tensor([[1.0, 2.0, 2.0]]).double(), torch.tensor([[3, 2, 7]])
    for pair in ((a, b), (b, a)):
        distances, indices = merge(*pair)
        assert (distances.tolist(), indices.tolist()) == ([[1.0, 1.0, 2.0]], [[3, 9, 2]])


def test_more_neighbours_than_samples_are_refused_by_processes_too() -> None:
    queries, reference = _with_ties()
    with pytest.raises(InvalidInputError, match="201 nearest neighbours were asked for in a reference of 200"):
        nearest(torch.from_numpy(queries), sharded(reference, SIZES, Processes(2)), 201)


def test_rows_of_shards_are_those_of_the_array_in_any_order() -> None:
    values = randn(200, 5, 3)
    shards = joined([sharded(values[:150], [100, 0, 50]), values[150:]])
    rows = np.random.default_rng(2).permutation(200)[:90]
    assert np.array_equal(shards[rows], values[rows])
    assert np.array_equal(shards[90:110], values[90:110])
    assert np.array_equal(np.ascontiguousarray(shards), values)


def test_shards_beyond_the_budget_are_not_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "1k")
    with pytest.raises(InvalidInputError, match=r"all of 200 samples at once, 11\.7 KiB, and may take 1\.0 KiB"):
        np.asarray(sharded(randn(200, 5, 3), [200]))
