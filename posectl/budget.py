"""The memory that a file from elsewhere may take beyond its own size on disk: one budget for every reader.

POSECTL_MAX_MEMORY sets it, in bytes or as 512M, 8G; the default is the smaller of 4 GiB and half the machine's memory.
"""

from __future__ import annotations

import os
import re

from posectl.errors import InvalidInputError, UsageError

VARIABLE = "POSECTL_MAX_MEMORY"
_DEFAULT = 4 * 2**30
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def budget() -> int:
    """Return the budget in bytes; raise UsageError where the variable holds no size.

    >>> import os
    >>> os.environ["POSECTL_MAX_MEMORY"] = "512M"
    >>> budget()
    536870912
    >>> del os.environ["POSECTL_MAX_MEMORY"]
    """
    if text := os.environ.get(VARIABLE, "").strip():
        found = re.fullmatch(r"([0-9]{1,12})\s*([kmgt]?)i?b?", text.lower())
        if not found:
            raise UsageError(f"{VARIABLE} is {text!r:.40}, which is no size.", f"For example {VARIABLE}=8G.")
        return int(found[1]) * _UNITS[found[2]]
    return min(_DEFAULT, _machine() // 2)


def check(what: str, needed: int, on_disk: int = 0) -> None:
    """Raise InvalidInputError if `what`, a file of `on_disk` bytes, would take more than that and the budget.

    >>> check("poses.npz", needed=10, on_disk=10)
    >>> check("poses.npz", needed=2**50, on_disk=1000)
    Traceback (most recent call last):
        ...
    posectl.errors.InvalidInputError: poses.npz would take 1,048,576.0 GiB of memory...
    """
    if needed > on_disk + (most := budget()):
        raise InvalidInputError(
            f"{what} would take {size(needed)} of memory, {size(most)} beyond its {size(on_disk)} on disk at most.",
            f"If it can be trusted and there is room, give more: {VARIABLE}={max(1, -(-needed // 2**30))}G.",
        )


def size(count: int) -> str:
    """Return a number of bytes as people say it.

    >>> size(1145), size(3 * 2**30)
    ('1.1 KiB', '3.0 GiB')
    """
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:,.1f} {unit}"
    return f"{count} bytes"


def _machine() -> int:
    """Return the bytes of this machine's memory; a little where it cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2 * _DEFAULT
