"""Joint layouts by name, for options; posectl.data.layouts says what they are."""

from __future__ import annotations

from typing import Literal, get_args

LayoutName = Literal[
    "h36m17", "h36m32", "smpl22", "smpl24", "humanml3d", "coco17", "halpe26", "mediapipe33", "mpi28", "mpi17", "ntu25",
    "kinect",
]  # fmt: skip
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)
