"""Principal components of codes: the directions in which they spread most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Components(NamedTuple):
    """The middle (d,) of codes, orthonormal directions (k, d), the widest first, and each one's share (k,) of the
    variance."""

    middle: np.ndarray
    directions: np.ndarray
    shares: np.ndarray


def principal_components(codes: np.ndarray, count: int) -> Components:
    """Return the first principal components of codes (N, d).

    >>> import numpy as np
    >>> from posectl.core.latent.components import principal_components
    >>> found = principal_components(np.array([[0.0, 1.0], [4.0, 1.0], [2.0, 0.0], [2.0, 2.0]]), 2)
    >>> found.middle, abs(found.directions), found.shares
    (array([2., 1.]), array([[1., 0.],
           [0., 1.]]), array([0.8, 0.2]))
    """
    middle = codes.mean(0)
    _, spread, directions = np.linalg.svd(codes - middle, full_matrices=False)
    shares = np.square(spread) / max(np.square(spread).sum(), np.finfo(float).tiny)
    return Components(middle, directions[:count], shares[:count])
