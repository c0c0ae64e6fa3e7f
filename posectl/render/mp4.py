"""MP4 (H.264) through imageio, by the ffmpeg that the extra `video` brings."""

from __future__ import annotations

import math
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from posectl.errors import UnavailableError, UsageError
from posectl.render.files import WrittenInfo, checked_frames, replacing


def write_mp4(path: str | Path, frames: np.ndarray, fps: float) -> WrittenInfo:
    """Write frames (T, H, W, 3) uint8 as H.264; a row or column is doubled where the height or width is odd.

    Equal frames give equal bytes. Raises UnavailableError without imageio-ffmpeg, InvalidInputError for other arrays,
    UsageError for no rate.
    """
    frames = checked_frames(frames)
    if not 0 < fps < math.inf:
        raise UsageError(f"A film cannot show {fps} frames a second.", "Give a rate such as 25 or 30.")
    even = np.pad(frames, [(0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)], mode="edge")
    with replacing(path) as beside:
        try:
            iio.imwrite(
                beside,
                even,
                plugin="FFMPEG",
                is_batch=True,
                fps=fps,
                quality=None,
                macro_block_size=2,
                ffmpeg_log_level="error",
                output_params=["-crf", "18", "-movflags", "+faststart", "-fflags", "+bitexact"],
            )
        except ImportError as error:
            raise UnavailableError(
                "MP4 needs imageio-ffmpeg, which is not installed.",
                "Run `pip install 'posectl[video]'`, or write a .gif.",
            ) from error
        return WrittenInfo(fps, len(frames), len(frames) / fps, beside.stat().st_size)
