"""The options of commands that take poses from files of any other system."""

from __future__ import annotations

from typing import Any, Literal

from posectl.cli.help import Options, parameter
from posectl.data.units import LAYOUTS, Axis, LayoutName, Unit

CONVENTIONS: Options = {
    "unit": parameter(
        Unit | None, None, "Data", "Unit of length of poses in files.", show_default="what the files say, else m"
    ),
    "up": parameter(
        Axis | None, None, "Data", "Axis of poses in files that points up.",
        show_default="what the files say, else found from the poses",
    ),
    "joints": parameter(
        LayoutName | None, None, "Data", f"Joint layout of poses in files: {', '.join(LAYOUTS)}.", metavar="LAYOUT",
        show_default="what the files say, else h36m17, or h36m32 of 32 joints",
    ),
}  # fmt: skip
"""By the names of the fields of EvaluateOptions, InterpolateOptions and RenderOptions."""

SHAPE: tuple[Any, Any] = parameter(
    Literal["paths", "samples"] | None, None, "Data", "What the array of a file is taken for.", "--as",
    show_default="by its axes: (B, T, 17, 3) paths, (N, 17, 3) samples",
)  # fmt: skip
"""Of the field `shape`."""
