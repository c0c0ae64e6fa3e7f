"""Two-dimensional keypoints: x to the right and y down in an image, each with a confidence, and cameras' files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.h36m.cameras import load_json
from posectl.data.layouts import layout, layout_hint, to_h36m
from posectl.data.safe.npy import load_arrays
from posectl.errors import InvalidInputError

# Third numbers up to this are confidences, COCO's visibilities or scores in per cent, and none are metres of a spread.
_PIXELS = 10.0


def are_keypoints(array: np.ndarray) -> bool:
    """Tell whether an array is (..., J, 2), or (..., J, 3) of pixels with a confidence."""
    if array.ndim < 2 or array.dtype.kind != "f" or array.shape[-1] not in (2, 3):
        return False
    if array.shape[-1] == 2:
        return True
    flat = array.reshape(-1, *array.shape[-2:])
    wide, third = _spread(flat[..., :2]), flat[..., 2][np.isfinite(flat[..., 2])]
    return bool(third.size and third.min() >= 0 and third.max() <= 2 and wide >= _PIXELS)


def read_keypoints(array: np.ndarray, joints: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return keypoints (..., 17, 2) float32, as they are, and weights (..., 17): confidences, 1 of those without.

    array: (..., J, 2), or (..., J, 3) with a confidence, in the layout `joints`; NaN is not known. A joint that is made
    of several has the least of their confidences. Raises InvalidInputError for confidences outside [0, 1], infinity and
    other shapes.
    """
    chosen = layout(joints)
    if (
        array.dtype.kind != "f"
        or array.ndim < 2
        or array.shape[-1] not in (2, 3)
        or array.shape[-2] not in chosen.counts
    ):
        raise InvalidInputError(
            f"{name} has shape {array.shape}, which is no array of {joints} keypoints.",
            layout_hint((*array.shape[:-1], 3)),
        )
    if np.isinf(array).any():
        raise InvalidInputError(f"{name} holds infinity.", "A joint that is not known is NaN, or of confidence 0.")
    places = array[..., :2].astype(np.float32)
    sure = np.ones(array.shape[:-1], np.float32) if array.shape[-1] == 2 else array[..., 2].astype(np.float32)
    if (sure > 1).any() or (sure < 0).any():
        raise InvalidInputError(
            f"{name} has confidences from {np.nanmin(sure):.3g} to {np.nanmax(sure):.3g}, and they are within 0 and 1.",
            "Divide those in per cent by 100; of COCO's visibilities take array[..., 2] > 0.",
        )
    sure = np.where(np.isfinite(places).all(axis=-1), np.nan_to_num(sure), 0)
    parts = chosen.weights
    of = np.stack([sure[..., [joint for joint, weight in each if weight]].min(axis=-1) for each in parts], axis=-1)
    flat = np.concatenate([np.nan_to_num(places), np.zeros_like(places[..., :1])], axis=-1)
    return to_h36m(flat, joints, name)[..., :2], of


def read_camera(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the pin-hole's matrix K (3, 3), pixels, and R (3, 3), which takes the world's axes to the camera's, if the
    file has it: a JSON object or an .npz with "K" and "R", or a .npy of K.

    Raises NotFoundError and InvalidInputError.
    """
    content: Mapping[str, Any] = load_json(path) if path.suffix == ".json" else load_arrays(path)
    if not isinstance(content, Mapping):
        content = {}
    K = _matrix(content.get("K", content.get("arr_0")))
    if K is None or K[0, 0] <= 0 or K[1, 1] <= 0:
        raise InvalidInputError(
            f"{path} has no pin-hole's matrix.",
            'It should hold {"K": [[f, 0, cx], [0, f, cy], [0, 0, 1]]}, as JSON or .npz.',
        )
    R = _matrix(content["R"]) if "R" in content else None
    if "R" in content and (R is None or not np.allclose(R @ R.T, np.eye(3), atol=1e-3) or np.linalg.det(R) < 0):
        raise InvalidInputError(f"R of {path} is no rotation.", "It takes the world's axes to the camera's, (3, 3).")
    return K, R


def _matrix(value: Any) -> np.ndarray | None:
    try:
        matrix = np.array(value, np.float64)
    except (TypeError, ValueError):
        return None
    return matrix if matrix.shape == (3, 3) and np.isfinite(matrix).all() else None


def _spread(places: np.ndarray) -> float:
    known = np.isfinite(places).all(axis=-1)
    spans = [np.ptp(each[mask], axis=0).max() for each, mask in zip(places, known, strict=True) if mask.any()]
    return float(np.median(spans)) if spans else 0.0
