"""A check that the compiled search works on this machine; otherwise plain PyTorch serves, with equal results."""

from __future__ import annotations

import logging
from threading import Lock

import torch

_log = logging.getLogger(__name__)
_lock = Lock()
_works: dict[torch.dtype, bool] = {}


def compiles(dtype: torch.dtype) -> bool:
    """Tell whether the tree can be compiled for samples of this dtype. Once it cannot, a warning says why, once."""
    with _lock:
        if dtype not in _works:
            _works[dtype] = all(_works.values()) and _tried(dtype)
        return _works[dtype]


def _tried(dtype: torch.dtype) -> bool:
    """Tell whether the nearest of one sample is found, which compiles all that a search of this dtype needs."""
    sample = torch.zeros(1, 3, dtype=dtype)
    distances, indices = torch.zeros(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.int64)
    try:
        from posectl.core.nearest.tree import Tree

        Tree(sample).search(sample, "l2", 0, distances, indices)
    except Exception as error:  # numba may be missing or too new, LLVM may not know the processor, the disk may be full
        _log.warning(
            "The compiled search of nearest neighbours does not work here (%s: %s). PyTorch searches in its place: "
            "slower, with the same results.",
            type(error).__name__,
            str(error).partition("\n")[0],
        )
        return False
    return True
