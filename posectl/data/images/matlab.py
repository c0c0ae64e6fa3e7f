"""SVHN's cropped digits: MATLAB files with X (H, W, 3, N), bytes, and y (N, 1) in 1 ... 10, where 10 is the digit 0."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.errors import InvalidInputError

SUFFIX = ".mat"

# What scipy raises of files that are broken, cut short, or none of its own.
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    NotImplementedError,
    EOFError,
    OSError,
    zlib.error,
    struct.error,
)


def load(path: Path) -> dict[str, np.ndarray]:
    """Return `images` (N, H, W, 3) and `labels` (N,) of a file. Raises InvalidInputError for any other."""
    from scipy.io import loadmat, whosmat  # heavy, and the options of a reader are shown without it
    from scipy.io.matlab import MatReadError

    try:
        shapes = {name: shape for name, shape, _ in whosmat(path)}
        if shapes.keys() >= {"X", "y"}:
            needed = sum(math.prod(map(int, shapes[name])) for name in ("X", "y"))
            budget.check(str(path), needed, path.stat().st_size)
            held = loadmat(path, variable_names=["X", "y"])
    except (MatReadError, *_BROKEN) as error:
        what = f"{path} cannot be read as a MATLAB file: {error}".rstrip(".")
        raise InvalidInputError(f"{what}.", "SVHN's are train_32x32.mat and test_32x32.mat.") from error
    if not shapes.keys() >= {"X", "y"}:
        listed = ", ".join(shapes) or "nothing"
        raise InvalidInputError(f"{path} holds {listed}, not SVHN's X and y.", "Save other images with np.savez.")
    images, labels = held["X"], held["y"]
    if images.ndim != 4 or images.dtype != np.uint8 or labels.size != images.shape[3] or labels.dtype.kind not in "iuf":
        what = f"{path} holds X {images.dtype} of shape {images.shape} and y of shape {labels.shape}"
        raise InvalidInputError(f"{what}, not SVHN's.", "X is (32, 32, 3, N) of bytes, y (N, 1).")
    return {"images": np.moveaxis(images, 3, 0), "labels": labels.ravel().astype(np.int64) % 10}
