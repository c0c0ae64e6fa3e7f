"""The sizes that images may have."""

from __future__ import annotations

from posectl.errors import UsageError

SMALLEST, LARGEST = 8, 1024


def is_power_of_two(size: int) -> bool:
    """Tell whether images may be so many pixels wide."""
    return SMALLEST <= size <= LARGEST and size & (size - 1) == 0


def check_size(size: int) -> None:
    """Raise UsageError unless images may be so many pixels wide."""
    if not is_power_of_two(size):
        message = f"--size {size} is not a power of two from {SMALLEST} to {LARGEST}."
        raise UsageError(message, "The networks halve it again and again: try --size 32.")
