"""The cached index of the reference searched last: it saves building, and is never of another reference."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from posectl.core.metrics import nearest as search
from posectl.core.metrics.nearest import nearest
from posectl.core.nearest import block, engine, index_cache, tree
from posectl.core.nearest.index_cache import IndexCache


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples each tree is built over, in the order of building, from an empty cache on: a larger reference
    that another test keeps alive would hold its place."""
    monkeypatch.setattr(search, "CACHE", IndexCache())
    assert engine.compiles(torch.float32)
    assert engine.compiles(torch.float64)
    sizes: list[int] = []
    build = tree.Tree.__init__

    def count(self: tree.Tree, rows: torch.Tensor) -> None:
        sizes.append(len(rows))
        build(self, rows)

    monkeypatch.setattr(tree.Tree, "__init__", count)
    monkeypatch.setattr(block, "SMALL", -1)
    return sizes


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def same(a: tuple[torch.Tensor, torch.Tensor], b: tuple[torch.Tensor, torch.Tensor]) -> bool:
    return all(map(torch.equal, a, b))


def test_a_tensor_searched_again_is_not_indexed_again(built: list[int]) -> None:
    queries, reference = randn(20, 4, 3, seed=1), randn(900, 4, 3)
    for metric in ("l2", "mpjpe", "l2"):
        wanted = nearest(queries, reference.clone(), 2, metric)
        built.clear()
        nearest(queries, reference, 2, metric)
        assert same(nearest(queries, reference, 2, metric), wanted)
        assert built.count(900) <= 1
    built.clear()
    nearest(queries, reference)
    assert built == []


def test_a_smaller_one_in_between_does_not_drive_it_out(built: list[int]) -> None:
    queries, reference, few = randn(20, 4, 3, seed=1), randn(900, 4, 3), randn(100, 4, 3)
    for each in (reference, few, reference, few):
        nearest(queries, each)
    assert built == [900, 100, 100]


@pytest.mark.parametrize("way", ["in place", "through NumPy", "through a view", "data"])
def test_a_tensor_that_changed_is_searched_as_it_is_now(way: str) -> None:
    reference = randn(900, 4, 3)
    nearest(reference[:20], reference)
    if way == "in place":
        reference[5] += 100
    elif way == "through NumPy":
        reference.numpy()[5] += 100
    elif way == "through a view":
        reference.view(-1)[60:72] = 100
    else:
        reference.data = randn(900, 4, 3, seed=2)
    assert same(nearest(randn(20, 4, 3), reference, 3), nearest(randn(20, 4, 3), reference.numpy().copy(), 3))


def test_a_change_while_it_is_cached_does_not_reach_what_was_built() -> None:
    cache, reference = IndexCache(), randn(900, 4, 3)
    (indexed,) = cache.blocks(reference)
    before = indexed.values.clone()
    reference.zero_()
    assert torch.equal(indexed.values, before)


def test_nothing_outlives_the_tensor() -> None:
    cache, reference = IndexCache(), randn(900, 4, 3)
    block = weakref.ref(cache.blocks(reference)[0])  # type: ignore[index]
    gc.collect()
    assert block() is not None
    del reference
    gc.collect()
    assert block() is None


def test_what_is_large_or_elsewhere_or_no_tensor_is_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_cache, "LARGEST", 100 * 12 * 4)
    cache = IndexCache()
    for reference in (randn(101, 4, 3), randn(100, 4, 3).double(), randn(100, 4, 3).half(), np.ones((9, 4, 3))):
        list(cache.blocks(reference))
        assert cache._entry is None
    small = randn(100, 4, 3)
    cache.blocks(small)
    assert cache._entry is not None


def test_threads_may_search_at_once() -> None:
    references = [randn(size, 4, 3, seed=size) for size in (900, 900, 901)]
    queries = randn(20, 4, 3, seed=1)
    wanted = [nearest(queries, reference.numpy(), 2) for reference in references]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: nearest(queries, references[i % 3], 2), range(60)))
    assert all(same(found[i], wanted[i % 3]) for i in range(60))
