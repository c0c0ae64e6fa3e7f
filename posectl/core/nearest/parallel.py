"""The search among shards by several workers: a block is a task, and what they find is merged by the tie rule.

A task is given the distance within which a neighbour still counts, so that what was found before rules out boxes of
the next blocks. Which worker searches what, and when, cannot change a bit of the result.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from posectl import workers
from posectl.core.nearest.read import read
from posectl.core.nearest.search import Found, Question, gather, merge, until
from posectl.core.shards import Bounds, Part, SearchBlock, Shards, Submit, Workers
from posectl.errors import PosectlError


@dataclass(frozen=True)
class _Search:
    """What every worker is told: questions, and a device of a kind to answer them on."""

    questions: list[Question]
    shards: Shards
    device: str

    def __call__(self, number: int, bounds: Bounds) -> Part:
        """Answer them in one block, by neighbours within the bounds; CUDA devices share blocks out."""
        count = torch.cuda.device_count() if self.device == "cuda" else 0
        device = f"cuda:{number % count}" if count else self.device
        part = read(self.shards.block(number), "reference", int(self.shards.starts[number]))
        questions = [each._replace(queries=cast(Tensor, each.queries).to(device)) for each in self.questions]
        found = gather(questions, part, None if bounds is None else list(map(torch.from_numpy, bounds)))
        return [(distances.cpu().numpy(), indices.cpu().numpy()) for distances, indices in found]


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
                yield (lambda number, bounds: pool.submit(_on_worker, number, bounds)), self.count + 1
        except BrokenProcessPool as error:
            raise PosectlError(
                "A process that searched a part of the reference died, perhaps for want of memory.",
                "Fewer --jobs need less.",
            ) from error


def search(
    questions: Sequence[Question], shards: Shards, by: Workers, stopped: Callable[[], bool] = lambda: False
) -> list[Found]:
    """Answer questions, whose queries are tensors, among all shards by several workers, in one pass; on the queries'
    devices, or others of their kind. Raises InterruptedRunError once `stopped`."""
    asked = [cast(Tensor, each.queries) for each in questions]
    on_cpu = [each._replace(queries=queries.cpu()) for each, queries in zip(questions, asked, strict=True)]
    found, pending = None, set[Future[Part]]()
    with by.searching(_Search(on_cpu, shards, asked[0].device.type)) as (submit, most):
        try:
            for number in until(stopped, shards.filled):
                if len(pending) >= most:
                    found, pending = _take(found, pending)
                pending.add(submit(number, None if found is None else [each[:, -1].numpy() for each, _ in found]))
            while pending:
                found, pending = _take(found, pending)
        finally:
            for each in pending:
                each.cancel()
    assert found is not None
    return [(d.to(queries.device), i.to(queries.device)) for (d, i), queries in zip(found, asked, strict=True)]


def _take(found: list[Found] | None, pending: set[Future[Part]]) -> tuple[list[Found], set[Future[Part]]]:
    done, left = wait(pending, return_when=FIRST_COMPLETED)
    for each in done:
        part = [(torch.from_numpy(distances), torch.from_numpy(indices)) for distances, indices in each.result()]
        found = part if found is None else list(map(merge, found, part))
    assert found is not None
    return found, left


def _on_worker(number: int, bounds: Bounds) -> Part:
    told, threads = workers.shared
    torch.set_num_threads(threads)
    return told(number, bounds)
