"""Pack arrays and a header into text for a page: base64 of gzip, which data.js unpacks.

Numbers lie plane by plane: first the lowest byte of each, then the next, which gzip packs better. Integers with a scale
stand for that many times the scale; those of a matrix with `columns` for the scale of their column.
"""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_TYPES = {"f4": np.float32, "i4": np.int32, "i2": np.int16, "u2": np.uint16, "u1": np.uint8}
_MOST = np.iinfo(np.int16).max


@dataclass
class Pack:
    """Arrays for a page, by name."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    planes: list[bytes] = field(default_factory=list)
    size: int = 0

    def put(self, name: str, values: np.ndarray, **scale: Any) -> None:
        """Add an array of float32, int32, int16, uint16 or uint8."""
        kind = next(key for key, dtype in _TYPES.items() if values.dtype == dtype)
        plain = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
        data = plain.reshape(-1, 1).view(np.uint8).T.tobytes()
        self.entries[name] = {"type": kind, "shape": list(values.shape), "offset": self.size, **scale}
        self.planes.append(data)
        self.size += len(data)

    def put_short(self, name: str, values: np.ndarray) -> None:
        """Add floats in 16 bits, right to 1 / 65,534 of the largest."""
        whole, scale = shortened(values)
        self.put(name, whole, scale=float(scale))

    def put_columns(self, name: str, matrix: np.ndarray) -> None:
        """Add a matrix (rows, columns) in 16 bits, right to 1 / 65,534 of the largest of each column."""
        whole, scales = shortened(matrix, axis=0)
        self.put(f"{name}.scales", scales)
        self.put(name, whole, columns=f"{name}.scales")

    def text(self, header: Mapping[str, Any]) -> str:
        """Return everything as text."""
        described = json.dumps({**header, "arrays": self.entries}, ensure_ascii=False, allow_nan=False).encode()
        whole = struct.pack("<I", len(described)) + described + b"".join(self.planes)
        return base64.b64encode(gzip.compress(whole, 9, mtime=0)).decode()


def shortened(values: np.ndarray, axis: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return int16 and the float32 scale, one in all or one a column (axis 0), whose products are the values.

    >>> whole, scale = shortened(np.array([0.5, -1.0], dtype=np.float32))
    >>> whole * scale
    array([ 0.5, -1. ], dtype=float32)
    """
    most = np.abs(values).max(axis=axis, initial=0)
    scale = (np.where(most > 0, most, 1) / _MOST).astype(np.float32)
    return np.rint(values / scale).clip(-_MOST, _MOST).astype(np.int16), scale
