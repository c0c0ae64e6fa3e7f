"""GIF through imageio and Pillow: one palette for all frames, and times to the nearest hundredth of a second."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import imageio.v3 as iio
import numpy as np
from PIL import Image, ImageChops

from posectl.errors import UsageError
from posectl.render.files import WrittenInfo, checked_frames, replacing

TICKS = 100  # a second
SHORTEST = 2  # ticks; browsers take anything shorter for 10
FASTEST = TICKS / SHORTEST
NEARLY = 0.01  # a rate so much above, relative to it, is as good as the fastest
LONGEST = 0xFFFF
WIDEST = 0xFFFF
COLOURS = 127  # and one that is transparent; 160 make files 3 to 8 % larger that look the same
SAMPLED = 8  # how many frames the colours are counted in


def write_gif(file: str | Path | BinaryIO, frames: np.ndarray, fps: float) -> WrittenInfo:
    """Write frames (T, H, W, 3) uint8 as a GIF that loops for ever and lasts T / fps seconds.

    Every frame begins at the hundredth of a second nearest to its time, so that the film keeps time at any rate. The
    format holds 50 frames a second: of more, every second, third, ... is shown, and the rate in the result is theirs. A
    frame equal to the one before lengthens that one. Equal frames give equal bytes.

    Raises InvalidInputError for other arrays, UsageError for a rate or size that no GIF has.
    """
    frames = checked_frames(frames)
    if max(frames.shape[1:3]) > WIDEST:
        raise UsageError(f"A GIF cannot be {frames.shape[2]} x {frames.shape[1]} pixels.", "Draw it smaller.")
    every, rate = thinned(fps)
    delays = delays_of(len(frames), every, rate)
    data = _encoded(frames[::every], delays)
    if isinstance(file, str | Path):
        with replacing(file) as path:
            path.write_bytes(data)
    else:
        file.write(data)
    return WrittenInfo(rate, len(delays), int(delays.sum()) / TICKS, len(data))


def thinned(fps: float) -> tuple[int, float]:
    """Of how many frames one is shown, and the rate of those. Raises UsageError for a rate that no GIF has."""
    if not TICKS / LONGEST <= fps < math.inf:
        raise UsageError(f"A GIF cannot show {fps} frames a second.", "Give a rate such as 25 or 50.")
    every = max(1, math.ceil(fps / FASTEST - NEARLY))
    return every, min(fps / every, FASTEST)


def delays_of(frames: int, every: int, rate: float) -> np.ndarray:
    """The hundredths of a second (n,) that each shown frame stays, none under SHORTEST; together they last as long as
    all the frames."""
    shown = np.append(np.arange(0, frames, every), frames) / every
    delays = np.diff(np.rint(shown * TICKS / rate).astype(int))
    return np.maximum(delays, SHORTEST)


def _encoded(frames: np.ndarray, delays: np.ndarray) -> bytes:
    indices, palette = quantized(frames)
    # Pillow makes one frame of equal ones, however long that gets. To end it in time, a pixel is marked as transparent:
    # it shows the same, but makes the frame another.
    longest = LONGEST // int(delays.max())
    late = np.arange(longest, len(frames), longest + 1)
    late = late[indices[late, 0, 0] == indices[late - 1, 0, 0]]
    indices[late, 0, 0] = len(palette)
    times = (1000 // TICKS * delays).tolist()
    # Of a frame Pillow stores the box that changes; what does not change in it is transparent.
    return iio.imwrite(
        "<bytes>",
        indices,
        plugin="pillow",
        extension=".gif",
        is_batch=True,
        palette=palette.tobytes() + bytes(3),
        transparency=len(palette),
        optimize=True,
        disposal=1,
        duration=times if len(times) > 1 else times[0],
        loop=0,
    )


def quantized(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames (T, H, W, 3) uint8 as indices (T, H, W) uint8 into one palette (n <= COLOURS, 3) uint8.

    The palette is all colours if they fit, else those that Pillow finds by median cut and k-means. Pillow is shown each
    colour as often as the root of its frequency, so that letters keep theirs beside a large ground.
    """
    boxes = _changes(frames)
    counts = np.zeros(1 << 24, np.uint32)
    for frame, box in zip(frames, boxes, strict=True):
        counts[_packed(frame[box])] = 1
    for frame in frames[:: 1 + len(frames) // SAMPLED]:
        np.add.at(counts, _packed(frame).ravel(), np.uint32(1))
    packed = np.flatnonzero(counts).astype("<u4")
    colours = packed.view(np.uint8).reshape(-1, 4)[:, :3]
    times = np.sqrt(counts[packed]).astype(int)
    shown = colours.repeat(times, axis=0)
    # k-means ends when a fiftieth moves, or less.
    image = Image.fromarray(shown[None]).quantize(COLOURS, kmeans=1 + len(shown) // 50)
    table = np.zeros(1 << 24, np.uint8)
    table[packed] = np.asarray(image)[0, times.cumsum() - 1]
    indices = np.empty(frames.shape[:3], np.uint8)
    for t, box in enumerate(boxes):
        indices[t] = indices[t - 1]
        indices[t][box] = table[_packed(frames[t][box])]
    return indices, np.array(image.getpalette(), np.uint8).reshape(-1, 3)


def _changes(frames: np.ndarray) -> list[tuple[slice, slice]]:
    """The rows and columns of each frame that hold all that differs from the frame before; all of the first."""
    boxes: list[tuple[slice, slice]] = [np.s_[:, :]]
    for before, after in pairwise(map(Image.fromarray, frames)):
        left, top, right, bottom = ImageChops.difference(before, after).getbbox() or (0, 0, 0, 0)
        boxes.append(np.s_[top:bottom, left:right])
    return boxes


def _packed(frame: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3) uint8 as one number (H, W) each."""
    words = np.zeros((*frame.shape[:2], 4), np.uint8)
    for channel in range(3):  # numpy copies long rows quickly, many short ones slowly
        words[..., channel] = frame[..., channel]
    return words.view("<u4")[..., 0]
