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
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed
from torch.nn import functional as F

from posectl.core import device as devices
from posectl.errors import PosectlError, UnavailableError, UsageError

T = TypeVar("T")

# Seconds that ranks wait for each other: to meet, for a sign of life in a step, and for that of those left by another.
MEETING, SILENCE, _LAST_WORDS = 60.0, 600.0, 15.0


class RankError(UnavailableError):
    """Another rank that is missing. speaks: whether this one is to say so, of those left."""

    speaks = True


class LostRankError(RankError):
    """The end of another rank while this one worked."""


class Alone:
    """The one process of a training."""

    rank, count = 0, 1

    @property
    def leads(self) -> bool:
        """True for the rank that tells, saves and publishes."""
        return self.rank == 0

    def connect(self, device: torch.device) -> torch.device:
        """Connect the ranks, and return the device on which this one computes, where a device of its kind is asked."""
        return device

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

    def __init__(self, store: distributed.Store, rank: int, count: int, local: int) -> None:
        self.store, self.rank, self.count, self.local = store, rank, count, local
        self._asks, self._agreed = False, False
        self._await("here")

    def connect(self, device: torch.device) -> torch.device:
        """Connect the ranks: by gloo, or by nccl on CUDA, where each has the device of its own number on the host."""
        if device.type == "cuda":
            device = devices.resolve(f"cuda:{self.local}")
            torch.cuda.set_device(device)
        self._await("ready")
        distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo", store=self.store, rank=self.rank, world_size=self.count,
            timeout=timedelta(seconds=SILENCE),
        )  # fmt: skip
        return device

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
            distributed.all_gather(list(sums.view(self.count, width).unbind()), own)
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
            distributed.broadcast_object_list(values, src=0)
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
            _disconnect(error)
            raise self._lost() from error

    def _await(self, place: str) -> None:
        """Wait for all ranks to come to a place. Raises RankError where one does not."""
        self.store.set(f"{place}/{self.rank}", "")
        deadline = time.monotonic() + MEETING
        while not self.store.check([f"{place}/{rank}" for rank in range(self.count)]):
            if self._words():
                raise self._lost()
            if time.monotonic() > deadline:
                missing = sum(not self.store.check([f"{place}/{rank}"]) for rank in range(self.count))
                raise RankError(f"{missing} of {self.count} ranks did not come within {MEETING:.0f} s.", _ALL)
            time.sleep(0.01)

    def _words(self) -> dict[int, str]:
        """Return the last words of ranks that left, by rank."""
        left = [rank for rank in range(self.count) if rank != self.rank and self.store.check([f"left/{rank}"])]
        return {rank: self.store.get(f"left/{rank}").decode() for rank in left}

    def _lost(self) -> LostRankError:
        """Return the error of those ranks that give no sign of life, with the last words of one."""
        others = [rank for rank in range(self.count) if rank != self.rank]
        alive: list[int] = []
        words: dict[int, str] = {}
        with suppress(RuntimeError):  # the store itself may be gone
            self.store.set(f"alive/{self.rank}", "")
            deadline = time.monotonic() + _LAST_WORDS
            while time.monotonic() < deadline and len(alive) < len(others) - 1:
                time.sleep(0.02)
                alive = [rank for rank in others if self.store.check([f"alive/{rank}"])]
            words = self._words()
        gone = [rank for rank in others if rank in words or rank not in alive]
        which = " and ".join(map(str, gone))
        named = {0: f"One of {self.count} ranks was", 1: f"Rank {which} of {self.count} was"}
        said = next((f", which said: {text.rstrip('.')}" for text in words.values()), "")
        error = LostRankError(f"{named.get(len(gone), f'Ranks {which} of {self.count} were')} lost{said}.")
        error.speaks = self.rank == 0 or (0 not in words and self.rank < min(alive, default=self.count))
        return error


def _disconnect(error: Exception) -> None:
    """Close the connections of this rank after an error, so that those who wait for it see one, too: gloo gathers in a
    ring, in which each hears of its neighbour alone."""
    traceback.clear_frames(error.__traceback__)  # which hold the group, and so its connections
    with suppress(RuntimeError, ValueError):
        if distributed.is_initialized() and distributed.get_backend() == "gloo":
            distributed.destroy_process_group()


ALONE = Alone()
_ALL = "Start all ranks, as torchrun does, or unset RANK and WORLD_SIZE."


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
    if place:
        raise UsageError(
            f"WORLD_SIZE={named[1]} makes this one of several ranks, and no {place[0]} says where they meet.", _ALL
        )
    numbers = [*named, environment["MASTER_PORT"]]
    if not all(text.isdecimal() for text in numbers) or not int(named[0]) < int(named[1]) or int(numbers[2]) >= 1 << 16:
        raise UsageError(f"RANK={named[0]} of WORLD_SIZE={named[1]} at MASTER_PORT={numbers[2]} names no rank.", _ALL)
    return int(named[0]), int(named[1])


@contextmanager
def met(environment: Mapping[str, str]) -> Iterator[Alone]:
    """Yield this process among the ranks that torchrun's variables name, once all are there; `ALONE` without them.

    Raises RankError where the others do not come within a minute.
    """
    found = from_environment(environment)
    if found is None:
        yield ALONE
        return
    rank, count = found
    if sys.platform == "linux" and environment.get("LOCAL_WORLD_SIZE") == str(count):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # a host's name may lead elsewhere
    try:
        store, _, _ = next(distributed.rendezvous("env://", timeout=timedelta(seconds=MEETING)))
    except (RuntimeError, ValueError, OSError) as error:
        place = f"{environment['MASTER_ADDR']}:{environment['MASTER_PORT']}"
        raise RankError(f"Rank {rank} of {count} met no other at {place} within {MEETING:.0f} s.", _ALL) from error
    ranks = Ranks(store, rank, count, int(environment.get("LOCAL_RANK", rank)))
    try:
        yield ranks
    except LostRankError:
        raise  # who waits for the rank that was lost would wait here, too
    except Exception as error:
        ranks.leave(error)
        _disconnect(error)
        raise
    else:
        if distributed.is_initialized():
            distributed.destroy_process_group()
