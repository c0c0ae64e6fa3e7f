"""GIF: one palette for all frames, only what changes is stored, and times in hundredths of a second."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import GifImagePlugin, Image

from posectl.errors import UsageError
from posectl.render.files import WrittenInfo, checked_frames, replacing

TICKS = 100  # a second
SHORTEST = 2  # ticks; browsers take anything shorter for 10
LONGEST = 0xFFFF
WIDEST = 0xFFFF
COLOURS = 127
TRANSPARENT = 127  # the index that means "as before"
VERBATIM = 16  # how many of the most frequent colours are in the palette as they are
SAMPLED = 8  # how many frames the palette is chosen from

Box = tuple[slice, slice]


def write_gif(file: str | Path | BinaryIO, frames: np.ndarray, fps: float) -> WrittenInfo:
    """Write frames (T, H, W, 3) uint8 as a GIF that loops for ever.

    The rate is the nearest to fps of those that the format has, 50, 33.3, 25, 20, ... a second, and is in the result. A
    frame equal to the one before lengthens that one. Equal frames give equal bytes.

    Raises InvalidInputError for other arrays, UsageError for a rate or size that no GIF has.
    """
    frames = checked_frames(frames)
    if max(frames.shape[1:3]) > WIDEST:
        raise UsageError(f"A GIF cannot be {frames.shape[2]} x {frames.shape[1]} pixels.", "Draw it smaller.")
    delay = nearest_delay(fps)
    data = b"".join(_blocks(frames, delay))
    if isinstance(file, str | Path):
        with replacing(file) as path:
            path.write_bytes(data)
    else:
        file.write(data)
    return WrittenInfo(TICKS / delay, len(frames), len(frames) * delay / TICKS, len(data))


def nearest_delay(fps: float) -> int:
    """Hundredths of a second a frame, for the rate nearest to fps. Raises UsageError for a rate that no GIF has."""
    if not TICKS / LONGEST <= fps < math.inf:
        raise UsageError(f"A GIF cannot show {fps} frames a second.", "Give a rate such as 25 or 50.")
    delays = {max(SHORTEST, rounded(TICKS / fps)) for rounded in (math.floor, math.ceil)}
    return min(delays, key=lambda delay: abs(TICKS / delay - fps))


def _blocks(frames: np.ndarray, delay: int) -> Iterator[bytes]:
    palette = choose_palette(frames)
    yield b"GIF89a" + struct.pack("<HHBBB", frames.shape[2], frames.shape[1], 0xF6, 0, 0)  # 128 colours of 8 bits
    yield palette.tobytes().ljust(384, b"\0")
    yield b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", 0, 0)  # for ever
    nearest = Nearest(palette)
    shown = np.full(frames.shape[1:3], TRANSPARENT, dtype=np.uint8)
    for frame, box, run in _runs(frames, LONGEST // delay):
        now = nearest(frame[box])
        # What stays as it was is transparent: long runs of one index, which compress to almost nothing.
        patch = np.where(now == shown[box], np.uint8(TRANSPARENT), now)
        shown[box] = now
        image = Image.frombytes("P", patch.shape[::-1], patch.tobytes())
        corner = (box[1].start, box[0].start)
        milliseconds = 10 * delay * run
        yield from GifImagePlugin.getdata(image, corner, duration=milliseconds, transparency=TRANSPARENT, disposal=1)
    yield b";"


def _runs(frames: np.ndarray, longest: int) -> Iterator[tuple[np.ndarray, Box, int]]:
    """Each frame that is stored, the box of it that changes, and for how many frames it is shown."""
    height, width = frames.shape[1:3]
    start, box = 0, (slice(0, height), slice(0, width))
    for t in range(1, len(frames)):
        change = _changed(frames[t - 1], frames[t])
        if change is None and t - start < longest:
            continue
        yield frames[start], box, t - start
        start, box = t, change or (slice(0, 1), slice(0, 1))
    yield frames[start], box, len(frames) - start


def _changed(before: np.ndarray, after: np.ndarray) -> Box | None:
    """The smallest box that holds every pixel that differs; None where none does."""
    differs = before != after
    rows = np.flatnonzero(differs.reshape(len(differs), -1).any(1))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(differs[top:bottom].any(0).any(-1))
    return slice(top, bottom), slice(int(columns[0]), int(columns[-1]) + 1)


def choose_palette(frames: np.ndarray) -> np.ndarray:
    """Colours (n <= COLOURS, 3) uint8 for frames (T, H, W, 3): all that there are if they fit, else the best that do.

    The most frequent are taken first; then, one by one, the colour that is farthest from all taken, weighted by how
    much there is of it (Gonzalez, 1985: this greedy choice at most doubles the smallest possible greatest error).
    """
    sample = frames[np.unique(np.linspace(0, len(frames) - 1, SAMPLED).astype(int))]
    packed, counts = np.unique(_packed(sample), return_counts=True)
    colours = _unpacked(packed)
    if len(colours) <= COLOURS:
        return colours
    points, weight = colours.astype(np.float64), np.sqrt(np.sqrt(counts))
    taken = list(np.argsort(-counts, kind="stable")[:VERBATIM])
    apart = np.min([np.square(points - points[i]).sum(-1) for i in taken], axis=0)
    while len(taken) < COLOURS:
        taken.append(int(np.argmax(apart * weight)))
        apart = np.minimum(apart, np.square(points - points[taken[-1]]).sum(-1))
    return colours[np.sort(taken)]


class Nearest:
    """Maps colours to their nearest in a palette (n, 3) uint8; looks each colour up only once."""

    def __init__(self, palette: np.ndarray) -> None:
        self.palette = palette.astype(np.int32)
        self.known = np.full(1 << 24, -1, dtype=np.int16)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Indices (H, W) uint8 of the colours of picture (H, W, 3) uint8."""
        packed = _packed(picture)
        new = np.unique(packed[self.known[packed] < 0])
        for part in np.array_split(new, 1 + len(new) // 4096):
            apart = _unpacked(part).astype(np.int32)[:, None] - self.palette
            self.known[part] = (apart * apart).sum(-1).argmin(-1)
        return self.known[packed].astype(np.uint8)


def _packed(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) uint8 as one number (...) each."""
    red, green, blue = (colours[..., i].astype(np.uint32) for i in range(3))
    return red << 16 | green << 8 | blue


def _unpacked(packed: np.ndarray) -> np.ndarray:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], -1).astype(np.uint8)
