"""Some of many rows."""

from __future__ import annotations

import numpy as np


def evenly(count: int, most: int) -> np.ndarray:
    """Return at most so many of the rows 0 to count - 1, as even as possible, the first and the last among them.

    >>> from posectl.stages.artifacts.rows import evenly
    >>> evenly(9, 3), evenly(2, 5)
    (array([0, 4, 8]), array([0, 1]))
    """
    return np.linspace(0, count - 1, min(most, count)).round().astype(int)
