"""Exact k-nearest neighbours under the mean per-joint distance, L2 and the cosine distance.

The search itself is in `posectl.core.nearest`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from posectl.core.nearest.block import Block
from posectl.core.nearest.index_cache import IndexCache
from posectl.core.nearest.read import Samples, read
from posectl.core.nearest.search import Found, Question, gather, until
from posectl.core.shards import Shards
from posectl.errors import InvalidInputError, did_you_mean

Metric = Literal["mpjpe", "l2", "cosine"]

_log = logging.getLogger(__name__)
CACHE = IndexCache()


def nearest(
    queries: Samples,
    reference: Samples | Index | MaskedIndex,
    k: int = 1,
    metric: Metric = "mpjpe",
    *,
    known: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The k samples of the reference nearest to each query, the nearest first; among equals, the lowest index first.

    queries (N, ...) and reference (M, ...): tensors, NumPy or zarr arrays, or iterables of these, which are read block
    by block; an `Index` as reference is one that is used again; `Shards` are searched by the workers that they have,
    or in one pass with other searches. known (N, J): the joints of each query, both then tensors, that count, its mask;
    the others may be NaN; a `MaskedIndex` as reference is one that is used again.
    Metrics: "mpjpe", the mean over joints of the Euclidean distance (pose report, Eq. 8), for samples (J, 3); "l2",
    Euclidean, and "cosine", 1 - cos, for any, flattened.
    Returns distances (N, k) float64, in the unit of the samples, and indices (N, k) int64, on the queries' device and
    without gradient. They are what a search in float64 finds, to the last bit the same for any block size, number of
    threads and order of the reference. It takes some 200 MB beside its arguments, whatever their size. A tensor of up
    to 48 MiB stays indexed for the next search as long as it lives.
    Raises InvalidInputError for samples that are empty, NaN, infinite, of unlike shapes, or that the metric cannot
    measure; and for k outside 1 ... M.
    """
    if known is not None or isinstance(reference, MaskedIndex):
        return _masked(queries, reference, k, metric, known)
    if isinstance(reference, Shards) and isinstance(queries, Tensor):
        question = Question(queries, k, metric)
        if reference.joint is not None:
            found: Found = reference.joint.nearest(question, reference)
            return found
        return answers([question], reference)[0]
    blocks = reference.blocks if isinstance(reference, Index) else CACHE.blocks(reference)
    return _search(queries, blocks, k, metric)


def answers(
    questions: Sequence[Question], reference: Shards, stopped: Callable[[], bool] = lambda: False
) -> list[Found]:
    """Return what `nearest` finds for each of several questions, whose queries are tensors, in one pass over the
    reference, by the workers that it has. Raises as `nearest`, and InterruptedRunError once `stopped`."""
    for each in questions:
        _check(each.k, len(reference), each.metric)
    if reference.workers is None:
        return _gathered(questions, until(stopped, read(reference, "reference")))
    from posectl.core.nearest.parallel import search  # and with it multiprocessing

    return search(questions, reference, reference.workers, stopped)


def _masked(
    queries: Samples, reference: Samples | Index | MaskedIndex, k: int, metric: Metric, known: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Search the queries of each distinct mask among the reference's joints under it: a search of fewer joints."""
    among = MaskedIndex(reference) if isinstance(reference, Tensor) else reference
    if not (
        isinstance(queries, Tensor)
        and isinstance(among, MaskedIndex)
        and known is not None
        and known.shape == queries.shape[:2]
    ):
        raise InvalidInputError(
            "A search under a mask needs tensors, and whether each joint of each query is known.",
            "Give queries (N, J, 3), a reference (M, J, 3) and known (N, J).",
        )
    if not known.any(1).all():
        raise InvalidInputError(
            f"Nothing is known of query {int((~known.any(1)).int().argmax())}.", "Leave it out, or say what is known."
        )
    distances = torch.empty((len(queries), k), dtype=torch.float64, device=queries.device)
    indices = torch.empty_like(distances, dtype=torch.int64)
    masks, of = known.unique(dim=0, return_inverse=True)
    for number, mask in enumerate(masks):
        rows = of == number
        distances[rows], indices[rows] = _search(queries[rows][:, mask], among.of(mask).blocks, k, metric)
    return distances, indices


class Index:
    """An index over a reference that is searched more than once: the first search builds it, the next ones use it.

    Holds on to the reference, which must not change, and builds up to 1.3 times its size in float32 over it. L2 and the
    mean per-joint distance share what is built. Raises as `nearest`.
    """

    def __init__(self, reference: Samples, metric: Metric = "mpjpe") -> None:
        self.metric = metric
        self.blocks = list(read(reference, "reference"))

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def search(self, queries: Samples, k: int = 1, metric: Metric | None = None) -> tuple[Tensor, Tensor]:
        """`nearest(queries, reference, k)` under the metric of the index, unless another one is named."""
        return _search(queries, self.blocks, k, metric or self.metric)


class MaskedIndex:
    """Indices over the joints of a reference (M, J, 3), which must not change, that masks leave; the last few are kept.

    >>> import torch
    >>> from posectl.core.metrics.nearest import MaskedIndex, nearest
    >>> poses = torch.arange(30.0).view(2, 5, 3)
    >>> nearest(poses[1:], MaskedIndex(poses), known=torch.tensor([[True, False, True, True, False]]))[1]
    tensor([[1]])
    """

    _KEPT = 4

    def __init__(self, reference: Tensor) -> None:
        self._reference = reference
        self._indices: dict[bytes, Index] = {}

    def of(self, mask: Tensor) -> Index:
        """Return the index over the joints of a mask (J,)."""
        key = mask.cpu().numpy().tobytes()
        index = self._indices.pop(key, None) or Index(self._reference[:, mask])
        self._indices[key] = index
        if len(self._indices) > self._KEPT:
            del self._indices[next(iter(self._indices))]
        return index


def _search(queries: Samples, blocks: Iterable[Block], k: int, metric: Metric) -> Found:
    _check(k, None, metric)
    if isinstance(queries, Iterator):
        queries = list(queries)  # read again for each block of the reference
    return _gathered([Question(queries, k, metric)], blocks)[0]


def _gathered(questions: Sequence[Question], blocks: Iterable[Block]) -> list[Found]:
    size, started = 0, time.monotonic()

    def counted() -> Iterator[Block]:
        nonlocal size
        for block in blocks:
            size += len(block)
            yield block

    found = gather(questions, counted())
    seconds = time.monotonic() - started
    for (_, k, metric), (distances, _) in zip(questions, found, strict=True):
        _check(k, size, metric)
        _log.info("%d nearest of %d samples for %d queries, %s: %.2f s.", k, size, len(distances), metric, seconds)
    return found


def _check(k: int, size: int | None, metric: str) -> None:
    """Raise InvalidInputError for a distance that there is not, or for k outside 1 ... size, if that is known."""
    if metric not in get_args(Metric):
        raise InvalidInputError(f"There is no distance {metric!r}.", did_you_mean(metric, get_args(Metric)))
    if k < 1:
        raise InvalidInputError(f"{k} nearest neighbours were asked for.", "Ask for one or more.")
    if size is not None and k > size:
        raise InvalidInputError(
            f"{k} nearest neighbours were asked for in a reference of {size}.", f"Ask for {size} at most, or give more."
        )
