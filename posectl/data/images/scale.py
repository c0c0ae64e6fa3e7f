"""The range of pixels from black to white: as requested, or told from the values."""

from __future__ import annotations

import numpy as np

from posectl.data.images.request import Request
from posectl.errors import InvalidInputError

BYTE, WORD = (1 << 8) - 1, (1 << 16) - 1
LEVELS = 16  # of four bits, and UCI's digits count to it
_DEPTHS = (8, 10, 12, 14, 16)  # bits a pixel
_SLACK = 1e-3  # rounding of floats that were computed to lie in a range
OTHERWISE = "--range LOW,HIGH says otherwise."


def scaled(values: np.ndarray, largest: float) -> np.ndarray:
    """Scale numbers from 0 to `largest` to float32 from -1 to 1."""
    return values.astype(np.float32) * np.float32(2 / largest) - 1


def white_of(peak: float) -> int:
    """Return the value of white among whole numbers of which `peak` is the largest: itself up to 16, as of masks of 0
    and 1; else the largest number of 8, 10, 12, 14 or 16 bits that holds it."""
    if peak <= LEVELS:
        return int(peak)
    return next((1 << bits) - 1 for bits in _DEPTHS if peak < 1 << bits)


def in_range(values: np.ndarray, request: Request, name: str) -> np.ndarray:
    """Convert pixels of any type and shape to float32 in [-1, 1].

    Raises InvalidInputError for values that are no pixels, or in no range that is known where none is requested.
    """
    if values.dtype == bool:
        return scaled(values, 1)
    low, high = (float(values.min()), float(values.max())) if values.dtype.kind in "fiu" else (np.nan, np.nan)
    if not (np.isfinite(low) and np.isfinite(high)):
        what = "NaN or infinity" if values.dtype.kind == "f" else f"{values.dtype} values"
        raise InvalidInputError(f"{name} holds {what}, not pixels.", "Save bytes, or floats from 0 to 1.")
    if request.range is not None:
        return requested(values, request, name)
    if values.dtype.kind == "f" and low >= -1 - _SLACK and high <= 1 + _SLACK:
        if low < -_SLACK:
            return np.clip(values.astype(np.float32), -1, 1)
        request.step("scaled from [0, 1]")
        return scaled(np.clip(values, 0, 1), 1)
    whole = values.dtype.kind in "iu" or (high <= BYTE and bool((values == np.rint(values)).all()))
    if low < 0 or high > (WORD if values.dtype.kind in "iu" else BYTE) or (not whole and high <= LEVELS):
        message = f"{name} holds values from {low:.4g} to {high:.4g}, in no range that is known."
        raise InvalidInputError(message, f"Name black and white: --range {low:.4g},{high:.4g}.")
    return scaled(values, _white(high, request, str(values.dtype), name))


def requested(values: np.ndarray, request: Request, name: str) -> np.ndarray:
    """Convert pixels from the requested range; what lies outside of it is clipped, with a warning."""
    assert request.range is not None
    black, white = request.range
    pixels = scaled(values.astype(np.float32) - np.float32(black), white - black)
    if (np.abs(pixels) > 1 + _SLACK).any():
        request.warned.append(f"{name} has values outside of --range {black:g},{white:g}, which were clipped.")
    return np.clip(pixels, -1, 1)


def _white(peak: float, request: Request, dtype: str, name: str) -> int:
    """Return the value of white, the same for all arrays of a type; warns unless it is a byte's."""
    if not peak:  # black all over
        return BYTE
    white = request.whites.setdefault(dtype, white_of(peak))
    if peak > white:
        message = f"{name} holds {dtype} up to {peak:g}, and others here up to {white:,} at most."
        raise InvalidInputError(message, f"Name black and white: --range 0,{white_of(peak)}.")
    if white == WORD:
        request.warned.append(f"{name} has 16 bits a pixel, and their range of 0 to 65,535 became -1 to 1.")
    elif (dtype, white) != ("uint8", BYTE):
        held = f"{name} holds {dtype} up to {peak:g}"
        request.warned.append(f"{held}, and was taken to range from 0 to {white:,}: {OTHERWISE}")
    return white
