"""Units of length and axes, by the names that options and files have for them."""

from __future__ import annotations

from typing import Literal, get_args

Unit = Literal["m", "cm", "mm", "in", "ft"]
Axis = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
UNITS: tuple[Unit, ...] = get_args(Unit)
AXES: tuple[Axis, ...] = get_args(Axis)

METRES: dict[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
WORDS = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches", "ft": "feet"}
