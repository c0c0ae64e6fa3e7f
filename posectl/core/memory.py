"""Memory: how much is left, and work in blocks that become smaller where a device runs out of it."""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch

from posectl.errors import UnavailableError

T = TypeVar("T")

_log = logging.getLogger(__name__)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h

# A container's limit and what of it is used, in either version of Linux's control groups.
_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free_bytes(device: torch.device) -> int | None:
    """Return how much memory the device has left, by the system's own count; None where that cannot be told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    available = re.search(r"^MemAvailable: +(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    left = [1024 * int(available[1])] if available else []
    for limit, used in _CGROUPS:
        if _text(limit).strip().isdigit() and _text(used).strip().isdigit():  # else it says "max"
            left.append(int(_text(limit)) - int(_text(used)))
    return max(0, min(left)) if left else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""


def keep_freed() -> None:
    """Have the C library keep what is freed instead of handing it back to the system, up to a GiB, for the rest of the
    process: each step of a training needs as much as the one before, and new pages are a sixth of a step of clouds.

    Does nothing where the library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_M_TRIM_THRESHOLD, 1 << 30)
    mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the largest that it takes


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error is a want of memory; on CPUs PyTorch raises a plain RuntimeError.

    >>> is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate memory"))
    True
    """
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)


class Blocks:
    """Blocks of rows for work on a device; their size is halved for good each time the device has no room for it."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def over(self, count: int, work: Callable[[slice], T]) -> Iterator[T]:
        """Yield work(rows) of each block of 0 ... count, in order.

        Work that runs out of memory is done again on half the rows, so it must not change what it reads before it
        succeeds. Raises UnavailableError where there is no room for one row.
        """
        done = 0
        while done < count:
            tried = min(self.rows, count - done)
            try:
                result = work(slice(done, done + tried))
            except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
                if not is_out_of_memory(error):
                    raise
                if tried == 1:
                    raise UnavailableError(
                        "The device has too little memory left for a single row.", "Free some of it, or --device cpu."
                    ) from error
                self.rows = tried // 2
                _log.warning("The device ran out of memory; it goes on with blocks of %d rows.", self.rows)
            else:
                done += tried
                yield result
