"""Output files that are whole or not there, and a summary of what was written."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.errors import InvalidInputError, UsageError, unwritable
from posectl.outputs import kept_mode


@dataclass(frozen=True)
class WrittenInfo:
    """A film as it was written: its true rate, the frames shown, seconds and bytes; a picture has rate and length 0."""

    real_fps: float
    frames: int
    duration_s: float
    bytes: int


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path beside `path`, with its suffix, to write to; it takes the name `path` at the end, and vanishes on failure.

    Its folder is made if it is not there; an older file's permissions are kept. A device or pipe, which has no contents
    to lose, is written to as it is.
    Raises UsageError where `path` is a folder itself, UnavailableError where nothing can be written.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    if path.exists() and not path.is_file():
        yield path
        return
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        mode = kept_mode(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        if mode is not None:
            beside.chmod(mode)
        os.replace(beside, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def checked_frames(frames: np.ndarray) -> np.ndarray:
    """The frames, if they are (T, H, W, 3) uint8 and neither T, H nor W is 0; else raises InvalidInputError."""
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise InvalidInputError(
            f"Frames of shape {frames.shape} and type {frames.dtype} cannot be written.",
            "Give at least one frame, as (T, H, W, 3) uint8.",
        )
    return frames
