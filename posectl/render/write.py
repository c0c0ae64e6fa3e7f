"""Pictures and animations to files, by their suffix."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np

from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.render.files import WrittenInfo, checked_frames, replacing
from posectl.render.gif import write_gif
from posectl.render.mp4 import write_mp4
from posectl.render.page import Page

FILMS = (".gif", ".mp4")
SHAPES = (".pdf", ".svg")
SUFFIXES = (*FILMS, ".pdf", ".png", ".svg")


def write_png(path: str | Path, image: np.ndarray) -> WrittenInfo:
    """Write one picture (H, W, 3) uint8. Raises InvalidInputError for any other array."""
    picture = checked_frames(np.asarray(image)[None])[0]
    with replacing(path) as beside:
        iio.imwrite(beside, picture, plugin="pillow", extension=".png", optimize=True)
        return WrittenInfo(0.0, 1, 0.0, beside.stat().st_size)


def write(path: str | Path, pictures: np.ndarray | Page, fps: float = 25.0) -> WrittenInfo:
    """Write frames (T, H, W, 3) or one picture (H, W, 3), uint8, or a page, as the suffix of `path` says.

    Raises UsageError for an unknown suffix, InvalidInputError for a still picture of several frames.
    """
    suffix = known_suffix(path)
    if suffix in SHAPES:
        from posectl.render.figures.shapes import write_shapes  # matplotlib is for figures alone

        return write_shapes(path, pictures if isinstance(pictures, Page) else _holding(pictures))
    pictures = pictures.pixels() if isinstance(pictures, Page) else np.asarray(pictures)
    frames = pictures[None] if pictures.ndim == 3 else pictures
    if suffix == ".gif":
        return write_gif(path, frames, fps)
    if suffix == ".mp4":
        return write_mp4(path, frames, fps)
    if len(frames) != 1:
        raise InvalidInputError(
            f"A .png holds one picture, not {len(frames)} frames.", "Write a .gif, or draw a contact sheet."
        )
    return write_png(path, frames[0])


def _holding(pictures: np.ndarray) -> Page:
    """Return a page that holds one picture. Raises InvalidInputError for several."""
    pictures = np.asarray(pictures)
    if pictures.ndim != 3:
        raise InvalidInputError(f"A still picture is not {len(pictures)} frames.", "Write a .gif.")
    page = Page(*pictures.shape[:2])
    page.picture(np.s_[0 : page.height, 0 : page.width], pictures)
    return page


def known_suffix(path: str | Path) -> str:
    """The suffix of `path`, in lower case. Raises UsageError unless a picture or film can be written under it."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"No picture can be written as {str(path)!r}.", did_you_mean(suffix, SUFFIXES))
    return suffix
