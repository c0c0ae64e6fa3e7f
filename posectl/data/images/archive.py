"""Images as arrays: .npy or .npz of (N, H, W), (N, H, W, C) or (N, C, H, W), and SVHN's .mat.

An .npz may say more, under any of these names:

- images: `images`, `imgs`, `x`, `data`, `samples`, or the only array there is; or, train and test apart, `x_train` and
  `x_test`, with `y_train` and `y_test`; or the one that is named after a colon, `a.npz:key`;
- labels (N,): `labels`, `label`, `y`, `targets`, `target`, whole numbers or words, in a column too,
  or one-hot (N, classes);
- `split` (N,): 0 or "train", 1 or "test";
- any other array (N,) of numbers is a factor of its name; `angle` is in radians and `azimuth` in degrees.

Pixels are flags, whole numbers of up to 16 bits, whose white is told from the largest, or floats in [0, 1], [-1, 1] or
[0, 255]; others by --range.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from posectl.data.clips import as_text
from posectl.data.dataset import TEST, TRAIN, VALIDATION, named_split, with_test
from posectl.data.images import matlab
from posectl.data.images.fit import fit
from posectl.data.images.image_set import ImageSet
from posectl.data.images.request import Request
from posectl.data.images.scale import in_range
from posectl.data.safe.npy import known_key, load_arrays, split_key
from posectl.data.safe.npy import listed as arrays_listed
from posectl.errors import InvalidInputError
from posectl.printable import listed

SUFFIXES = {".npy", ".npz", matlab.SUFFIX}

_IMAGES = ("images", "imgs", "x", "data", "samples")
_LABELS = ("labels", "label", "y", "targets", "target")
_SHAPES = "Images are (N, H, W), (N, H, W, 3) or (N, 3, H, W)."


def read(path: Path, request: Request) -> ImageSet:
    """Read one file. Raises NotFoundError and InvalidInputError."""
    (file, key) = split_key(path)
    arrays = matlab.load(path) if path.suffix.lower() == matlab.SUFFIX else load_arrays(path)
    if key is not None:
        known_key(key, arrays, str(path))
    else:
        arrays = _one_split(arrays)
    key = key or next((name for name in _IMAGES if name in arrays), next(iter(arrays)) if len(arrays) == 1 else None)
    if key is None:
        hint = f"Name the one that you mean: {path}:{next(iter(arrays))}." if arrays else "Save images with np.savez."
        raise InvalidInputError(f"{path} holds {arrays_listed(arrays)}, and none is called 'images'.", hint)
    name = f"{key!r} in {file}" if file.suffix == ".npz" else str(path)
    images = fit(in_range(_channels_first(arrays.pop(key), name), request, name), request, name)
    beside = _beside(arrays, len(images), request, path)
    labels, classes = _labels(beside, path)
    factors = {
        name: array.astype(np.float64)
        for name, array in beside.items()
        if name not in (*_LABELS, "split") and array.dtype.kind in "fiu"
    }
    for name, values in factors.items():
        if not np.isfinite(values).all():
            raise InvalidInputError(f"The factor {name!r} in {path} has NaN or infinity.", "Leave those images out.")
    return ImageSet(images, "arrays", labels, classes, factors, split=_split(beside, path))


def _beside(arrays: Mapping[str, np.ndarray], count: int, request: Request, path: Path) -> dict[str, np.ndarray]:
    """Return the arrays (N,) beside N images, labels in a column or one-hot brought to that; others are warned of."""
    beside = {name: _one_axis(array) if name in _LABELS else array for name, array in arrays.items()}
    if left := [f"{name} {arrays[name].shape}" for name, array in beside.items() if array.shape != (count,)]:
        request.warned.append(f"{path} holds {listed(left)} beside {count:,} images, which was left out.")
    return {name: array for name, array in beside.items() if array.shape == (count,)}


def _one_axis(labels: np.ndarray) -> np.ndarray:
    """Return labels (N,) of a column (N, 1) or of one-hot rows (N, classes); any others as they are."""
    if labels.ndim != 2 or not labels.size:
        return labels
    if labels.shape[1] == 1:
        return labels[:, 0]
    one_hot = labels.dtype.kind in "bfiu" and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()
    return labels.argmax(axis=1) if one_hot else labels


def _one_split(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Join arrays `x_train` and `x_test` to one `x` with a `split`, and `y` likewise."""
    apart = {part: (f"{part}_train", f"{part}_test") for part in ("x", "y")}
    if not all(name in arrays for name in apart["x"]):
        return arrays
    joined = {
        part: np.concatenate([arrays[name] for name in names])
        for part, names in apart.items()
        if all(name in arrays and arrays[name].shape[1:] == arrays[names[0]].shape[1:] for name in names)
    }
    split = np.repeat([TRAIN, TEST], [len(arrays[name]) for name in apart["x"]])
    return {**joined, "split": split} if "x" in joined else arrays


def _channels_first(array: np.ndarray, name: str) -> np.ndarray:
    """Return images (N, C, H, W) with one channel or three."""
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[3] in (1, 3):
        array = np.moveaxis(array, 3, 1)
    if array.ndim == 4 and array.shape[3] == 4 and array.shape[1] not in (1, 3):
        raise InvalidInputError(f"{name} has four channels.", "Lay the pictures on a background, and save three.")
    if array.ndim != 4 or array.shape[1] not in (1, 3) or 0 in array.shape:
        raise InvalidInputError(f"{name} has shape {array.shape}, which is no array of images.", _SHAPES)
    return array


def _labels(beside: Mapping[str, np.ndarray], path: Path) -> tuple[np.ndarray | None, list[str]]:
    """Return (labels (N,) from 0, their names), sorted; (None, []) where the file has none."""
    key = next((name for name in _LABELS if name in beside), None)
    if key is None:
        return None, []
    array = beside[key]
    if array.dtype.kind not in "iubUS":
        message = f"The labels {key!r} in {path} are {array.dtype}, not whole numbers or words."
        raise InvalidInputError(message, "Save them as int64, or under a factor's name.")
    names, labels = np.unique(as_text(array) if array.dtype.kind in "US" else array, return_inverse=True)
    return labels.astype(np.int32), [str(name) for name in names]


def _split(beside: Mapping[str, np.ndarray], path: Path) -> np.ndarray | None:
    if "split" not in beside:
        return None
    marks = beside["split"]
    if marks.dtype.kind in "US":
        split = np.array([-1 if (part := named_split(word)) is None else part for word in as_text(marks)])
    else:
        split = marks.astype(np.int64)
    if not np.isin(split, (TRAIN, TEST, VALIDATION)).all():
        raise InvalidInputError(f"'split' in {path} is not of 0, 1 and 2, or train, test and val.", "Save 1 for test.")
    return with_test(split.astype(np.uint8))
