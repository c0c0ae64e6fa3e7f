"""Units of length, axes and joint layouts, by the names that options and files have for them."""

from __future__ import annotations

from typing import Literal, get_args

Unit = Literal["m", "cm", "mm", "in", "ft"]
Axis = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
UNITS: tuple[Unit, ...] = get_args(Unit)
AXES: tuple[Axis, ...] = get_args(Axis)

LayoutName = Literal[
    "h36m17", "h36m32", "smpl22", "smpl24", "humanml3d", "coco17", "halpe26", "mediapipe33", "mpi28", "mpi17", "ntu25",
    "kinect",
]  # fmt: skip
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)

METRES: dict[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
WORDS = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches", "ft": "feet"}
