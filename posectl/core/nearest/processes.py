"""The search among shards by several processes: a block is a task, and what they find is merged by the tie rule.

A task is given the distance within which a neighbour still counts, so that what was found before rules out boxes of
the next blocks. Which process searches what, and when, cannot change a bit of the result.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import torch
from torch import Tensor

from posectl import workers
from posectl.core.nearest.read import read
from posectl.core.nearest.search import Found, gather, merge
from posectl.core.shards import Shards
from posectl.errors import PosectlError


def search(queries: Tensor, shards: Shards, k: int, metric: str) -> Found:
    """Find the k nearest of all shards by `shards.processes` processes, on the queries' device, on several of its kind
    where there are."""
    device, there = queries.device, queries.cpu()
    count = torch.cuda.device_count() if device.type == "cuda" else 0
    given = (there, shards, k, metric, max(1, torch.get_num_threads() // shards.processes))
    context, found, pending = multiprocessing.get_context("spawn"), None, set[Future[tuple[np.ndarray, np.ndarray]]]()
    with ProcessPoolExecutor(shards.processes, context, workers.enter, given) as pool:
        try:
            for number, block in enumerate(shards.filled):
                if len(pending) > shards.processes:
                    found, pending = _take(found, pending)
                where = f"cuda:{number % count}" if count else str(device)
                bound = None if found is None else found[0][:, -1].numpy()
                pending.add(pool.submit(_search, block, bound, where))
            while pending:
                found, pending = _take(found, pending)
        except BrokenProcessPool as error:
            raise PosectlError(
                "A process that searched a part of the reference died, perhaps for want of memory.",
                "Fewer --jobs need less.",
            ) from error
        finally:
            for each in pending:
                each.cancel()
    assert found is not None
    return found[0].to(device), found[1].to(device)


def _take(
    found: Found | None, pending: set[Future[tuple[np.ndarray, np.ndarray]]]
) -> tuple[Found, set[Future[tuple[np.ndarray, np.ndarray]]]]:
    done, left = wait(pending, return_when=FIRST_COMPLETED)
    for each in done:
        distances, indices = map(torch.from_numpy, each.result())
        found = (distances, indices) if found is None else merge(found, (distances, indices))
    assert found is not None
    return found, left


def _search(number: int, bound: np.ndarray | None, device: str) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest in one block, of those within the bound."""
    queries, shards, k, metric, threads = workers.shared
    torch.set_num_threads(threads)
    part = read(shards.block(number), "reference", int(shards.starts[number]))
    within = None if bound is None else torch.from_numpy(bound)
    distances, indices = gather(queries.to(device), part, k, metric, within)
    return distances.cpu().numpy(), indices.cpu().numpy()
