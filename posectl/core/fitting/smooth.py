"""Clips of little acceleration (Whittaker, "On a new method of graduation", 1923, with second differences)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import diags_array, eye_array
from scipy.sparse.linalg import splu


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Return the series (T, ...) of least squared distance from values plus `weight` times its squared second
    differences.

    >>> import numpy as np
    >>> from posectl.core.fitting.smooth import smoothed
    >>> line = np.arange(5.0)[:, None]
    >>> bool(np.allclose(smoothed(line, 100.0), line))
    True
    """
    count = len(values)
    if count < 3:
        return values
    second = diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(count - 2, count))
    inner = eye_array(count) + weight * (second.T @ second)
    return splu(inner.tocsc()).solve(values.reshape(count, -1).astype(np.float64)).reshape(values.shape)
