"""The search among shards by several workers: a block is a task, and what they find is merged by the tie rule.

A task is given the distance within which a neighbour still counts, so that what was found before rules out boxes of
the next blocks. Which worker searches what, and when, cannot change a bit of the result.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posectl import workers
from posectl.core.nearest.read import read
from posectl.core.nearest.search import Found, gather, merge
from posectl.core.shards import Part, SearchBlock, Shards, Submit, Workers
from posectl.errors import PosectlError


@dataclass(frozen=True)
class _Search:
    """What every worker is told: the k nearest of queries, on a device of a kind, by a metric."""

    queries: Tensor
    shards: Shards
    k: int
    metric: str
    device: str

    def __call__(self, number: int, bound: np.ndarray | None) -> Part:
        """Find the k nearest in one block, of those within the bound; CUDA devices share blocks out."""
        count = torch.cuda.device_count() if self.device == "cuda" else 0
        device = f"cuda:{number % count}" if count else self.device
        part = read(self.shards.block(number), "reference", int(self.shards.starts[number]))
        within = None if bound is None else torch.from_numpy(bound)
        distances, indices = gather(self.queries.to(device), part, self.k, self.metric, within)
        return distances.cpu().numpy(), indices.cpu().numpy()


@dataclass(frozen=True)
class Processes:
    """So many processes of this machine."""

    count: int

    @contextmanager
    def searching(self, search: SearchBlock) -> Iterator[tuple[Submit, int]]:
        """Start the processes. Raises PosectlError where one dies."""
        context, threads = multiprocessing.get_context("spawn"), max(1, torch.get_num_threads() // self.count)
        try:
            with ProcessPoolExecutor(self.count, context, workers.enter, (search, threads)) as pool:
                yield (lambda number, bound: pool.submit(_on_worker, number, bound)), self.count + 1
        except BrokenProcessPool as error:
            raise PosectlError(
                "A process that searched a part of the reference died, perhaps for want of memory.",
                "Fewer --jobs need less.",
            ) from error


def search(queries: Tensor, shards: Shards, k: int, metric: str, by: Workers) -> Found:
    """Find the k nearest of all shards by several workers, on the queries' device, or those of its kind."""
    found, pending = None, set[Future[Part]]()
    with by.searching(_Search(queries.cpu(), shards, k, metric, queries.device.type)) as (submit, most):
        try:
            for number in shards.filled:
                if len(pending) >= most:
                    found, pending = _take(found, pending)
                pending.add(submit(number, None if found is None else found[0][:, -1].numpy()))
            while pending:
                found, pending = _take(found, pending)
        finally:
            for each in pending:
                each.cancel()
    assert found is not None
    return found[0].to(queries.device), found[1].to(queries.device)


def _take(found: Found | None, pending: set[Future[Part]]) -> tuple[Found, set[Future[Part]]]:
    done, left = wait(pending, return_when=FIRST_COMPLETED)
    for each in done:
        distances, indices = map(torch.from_numpy, each.result())
        found = (distances, indices) if found is None else merge(found, (distances, indices))
    assert found is not None
    return found, left


def _on_worker(number: int, bound: np.ndarray | None) -> Part:
    told, threads = workers.shared
    torch.set_num_threads(threads)
    return told(number, bound)
