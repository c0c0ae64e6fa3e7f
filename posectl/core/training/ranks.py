"""The processes of one training, the ranks of torchrun: each takes its share of a step's micro-batches.

The gradients of all micro-batches are summed in the order of the micro-batches, on whichever rank they were computed,
so that their sum is the same to the bit whatever the number of ranks. Every rank holds the whole training, and moves
it by that sum. Source of the exchange: reduce-scatter and all-gather, as of Thakur et al., "Optimization of Collective
Communication Operations in MPICH", 2005, section 4.4, but that the sums are taken by who receives, in order.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed
from torch.nn import functional as F

from posectl.errors import PosectlError, UnavailableError, UsageError

T = TypeVar("T")

# Seconds that ranks wait for each other: to meet, and for a sign of life in a step; and for the last words of a rank.
MEETING, SILENCE, _LAST_WORDS = 60.0, 600.0, 0.5


class LostRankError(UnavailableError):
    """The end of another rank. ranks: those that are gone; speaks: whether this is the first of those left."""

    def __init__(self, message: str, hint: str = "", ranks: tuple[int, ...] = (), speaks: bool = True) -> None:
        super().__init__(message, hint)
        self.ranks, self.speaks = ranks, speaks


class Alone:
    """The one process of a training."""

    rank, count = 0, 1

    @property
    def leads(self) -> bool:
        """True for the rank that tells, saves and publishes."""
        return self.rank == 0

    def share_of(self, parts: Sequence[T]) -> Sequence[T]:
        """Return those of a step's micro-batches that this rank computes."""
        each = len(parts) // self.count
        return parts[self.rank * each : (self.rank + 1) * each]

    def total(self, parts: Sequence[Tensor]) -> Tensor:
        """Return the sum (n,) over all micro-batches, in their order, by the vectors (n,) of this rank's own."""
        return in_order(parts)

    def agreed(self, asked: bool) -> bool:
        """Return whether all ranks stop here, one of which has asked."""
        return asked

    def told(self, value: T | None) -> T:
        """Return what the leading rank gives."""
        assert value is not None
        return value


class Ranks(Alone):
    """One of several processes, which met at a store. Raises LostRankError where another ended."""

    def __init__(self, store: distributed.Store, rank: int, count: int, device: torch.device) -> None:
        self.store, self.rank, self.count = store, rank, count
        self.device = device
        self._asks, self._agreed = False, False

    def total(self, parts: Sequence[Tensor]) -> Tensor:
        """Return the sum: each rank receives its part of every vector, sums them, and sends the sums to all."""
        # One number more, which is positive where a rank asks to stop: all see the same, at the same step.
        flag = parts[0].new_zeros(1)
        mine = [torch.cat((part, flag.fill_(float(self._asks)))) for part in parts]
        length = len(mine[0])
        width = -(-length // self.count)
        rows = torch.stack([F.pad(part, (0, width * self.count - length)) for part in mine])
        sent = rows.view(len(rows), self.count, width).transpose(0, 1).contiguous()
        received = torch.empty_like(sent)
        with self._together():
            distributed.all_to_all_single(received, sent)
            own = in_order(received.flatten(0, 1).unbind())
            sums = own.new_empty(width * self.count)
            distributed.all_gather_into_tensor(sums, own)
            self._agreed = bool(sums[length - 1] > 0)
        return sums[: length - 1]

    def agreed(self, asked: bool) -> bool:
        """Return whether a rank had asked before the last sum; what is asked now is heard at the next."""
        self._asks = self._asks or asked
        return self._agreed

    def told(self, value: T | None) -> T:
        """Return what the leading rank gives, once it does."""
        values = [value]
        with self._together():
            distributed.broadcast_object_list(values, src=0, device=self.device)
        (given,) = values
        assert given is not None
        return given

    def leave(self, error: Exception) -> None:
        """Leave a word for the ranks that will miss this one."""
        words = error.message if isinstance(error, PosectlError) else f"{type(error).__name__}: {error}"
        with suppress(RuntimeError):
            self.store.set(f"left/{self.rank}", words)

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise self._lost() from error

    def _lost(self) -> LostRankError:
        """Return the error of those ranks that give no sign of life, with the last words of one."""
        others = [rank for rank in range(self.count) if rank != self.rank]
        alive: set[int] = set()
        words: dict[int, str] = {}
        with suppress(RuntimeError):  # the store itself may be gone
            self.store.set(f"alive/{self.rank}", "")
            deadline = time.monotonic() + _LAST_WORDS
            while time.monotonic() < deadline and len(alive) < len(others):
                alive = {rank for rank in others if self.store.check([f"alive/{rank}"])}
                time.sleep(0.02)
            left = [rank for rank in others if self.store.check([f"left/{rank}"])]
            words = {rank: self.store.get(f"left/{rank}").decode() for rank in left}
        gone = tuple(rank for rank in others if rank in words or rank not in alive)
        named = f"Rank {' and '.join(map(str, gone))} of {self.count}" if gone else f"One of {self.count} ranks"
        said = next((f", which said: {text.rstrip('.')}" for text in words.values()), "")
        return LostRankError(f"{named} was lost{said}.", ranks=gone, speaks=not alive or self.rank < min(alive))


ALONE = Alone()


def in_order(parts: Sequence[Tensor]) -> Tensor:
    """Return the sum of tensors, one after another."""
    total = parts[0].clone()
    for part in parts[1:]:
        total += part
    return total


def from_environment(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the rank and the number of ranks that torchrun's variables name; None where there are none.

    >>> from_environment({"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"})
    (1, 2)

    Raises UsageError for variables that do not fit together.
    """
    named = [environment.get(name, "") for name in ("RANK", "WORLD_SIZE")]
    place = [name for name in ("MASTER_ADDR", "MASTER_PORT") if not environment.get(name)]
    if not all(named) or (named[1] == "1" and place):
        return None
    hint = "Start the ranks by torchrun --nproc-per-node N -m posectl train, or unset RANK and WORLD_SIZE."
    if place:
        raise UsageError(
            f"WORLD_SIZE={named[1]} makes this one of several ranks, and no {place[0]} says where they meet.", hint
        )
    numbers = [*named, environment["MASTER_PORT"]]
    if not all(text.isdecimal() for text in numbers) or not int(named[0]) < int(named[1]) or int(numbers[2]) >= 1 << 16:
        raise UsageError(
            f"RANK={named[0]} of WORLD_SIZE={named[1]} at MASTER_PORT={numbers[2]} names no rank.", hint
        )
    return int(named[0]), int(named[1])


@contextmanager
def met(environment: Mapping[str, str], device: torch.device) -> Iterator[Alone]:
    """Yield this process among the ranks that torchrun's variables name, once all are there; `ALONE` without them.

    Raises UnavailableError where the others do not come within a minute.
    """
    found = from_environment(environment)
    if found is None:
        yield ALONE
        return
    rank, count = found
    if sys.platform == "linux" and environment.get("LOCAL_WORLD_SIZE") == str(count):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # a host's name may lead elsewhere
    place = f"{environment['MASTER_ADDR']}:{environment['MASTER_PORT']}"
    try:
        store, _, _ = next(distributed.rendezvous("env://", timeout=timedelta(seconds=MEETING)))
        store.set(f"here/{rank}", "")
        store.wait([f"here/{other}" for other in range(count)], timedelta(seconds=MEETING))
        if device.type == "cuda":
            torch.cuda.set_device(device)
        distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo", store=store, rank=rank, world_size=count,
            timeout=timedelta(seconds=SILENCE),
        )  # fmt: skip
    except (RuntimeError, ValueError, OSError) as error:
        raise UnavailableError(
            f"Rank {rank} met no {count - 1} others at {place} within {MEETING:.0f} s.",
            "Start all ranks, as torchrun --nproc-per-node N -m posectl train does, or unset RANK and WORLD_SIZE.",
        ) from error
    ranks = Ranks(store, rank, count, device)
    try:
        yield ranks
    except LostRankError:
        raise  # who waits for the rank that was lost would wait here, too
    except Exception as error:
        ranks.leave(error)
        raise
    else:
        distributed.destroy_process_group()
