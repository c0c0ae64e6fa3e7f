"""The differences of two artifacts: config, summary, about, and every array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from posectl.store.artifact import Artifact
from posectl.store.headers import STRING, ArrayInfo


@dataclass(frozen=True)
class ArrayDifference:
    """An array of both artifacts, or of one; `max_abs` is the largest absolute difference of two values.

    It is None where the arrays cannot be compared value by value, and nan where one is nan and the other is not.
    """

    a: ArrayInfo | None
    b: ArrayInfo | None
    max_abs: float | None

    @property
    def same(self) -> bool:
        """True where shapes, dtypes and every bit of the values agree."""
        return self.a is not None and self.b is not None and _content(self.a) == _content(self.b)


@dataclass(frozen=True)
class Difference:
    """All that differs, part by part: key -> (value in a, value in b), with None where it is absent."""

    config: dict[str, tuple[Any, Any]]
    summary: dict[str, tuple[Any, Any]]
    about: dict[str, tuple[Any, Any]]
    arrays: dict[str, ArrayDifference]

    def __bool__(self) -> bool:
        return bool(self.config or self.summary or self.about or self.arrays)


def diff(a: Artifact, b: Artifact) -> Difference:
    """Compare two artifacts; raise IntegrityError if an array is damaged."""
    in_a, in_b = a.arrays(), b.arrays()
    arrays = {
        name: ArrayDifference(in_a.get(name), in_b.get(name), _max_abs(a, b, name))
        for name in sorted(in_a.keys() | in_b.keys())
        if name not in in_a or name not in in_b or _content(in_a[name]) != _content(in_b[name])
    }
    return Difference(
        _changed(_values(a), _values(b)), _changed(a.summary, b.summary), _changed(a.about, b.about), arrays
    )


def _content(info: ArrayInfo) -> tuple[tuple[int, ...], str, str]:
    return info.shape, info.dtype, info.sha256


def _values(artifact: Artifact) -> dict[str, Any]:
    return {key: entry.get("value") if isinstance(entry, dict) else entry for key, entry in artifact.config.items()}


def _changed(a: dict[str, Any], b: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (a.get(key), b.get(key)) for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)}


def _max_abs(a: Artifact, b: Artifact, name: str) -> float | None:
    import numpy as np

    info, other = a.arrays().get(name), b.arrays().get(name)
    if info is None or other is None or info.shape != other.shape or STRING in (info.dtype, other.dtype):
        return None
    largest = 0.0
    for rows in a.row_blocks(name):
        x, y = (np.asarray(each.read(name, rows), dtype=np.float64) for each in (a, b))
        with np.errstate(invalid="ignore"):
            gaps = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
        if gaps.size:
            largest = float(np.maximum(largest, gaps.max()))
    return largest
