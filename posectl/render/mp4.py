"""MP4 (H.264) by the ffmpeg that the extra `video` brings."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import numpy as np

from posectl.errors import UnavailableError, UsageError
from posectl.render.files import WrittenInfo, checked_frames, replacing


def write_mp4(path: str | Path, frames: np.ndarray, fps: float) -> WrittenInfo:
    """Write frames (T, H, W, 3) uint8 as H.264; a row or column is doubled where the height or width is odd.

    Raises UnavailableError without imageio-ffmpeg, InvalidInputError for other arrays, UsageError for no rate.
    """
    try:
        from imageio_ffmpeg import write_frames
    except ImportError as error:
        raise UnavailableError(
            "MP4 needs imageio-ffmpeg, which is not installed.",
            "Run `pip install 'posectl[video]'`, or write a .gif.",
        ) from error
    frames = checked_frames(frames)
    if not 0 < fps < math.inf:
        raise UsageError(f"A film cannot show {fps} frames a second.", "Give a rate such as 25 or 30.")
    height, width = frames.shape[1:3]
    even = [(0, height % 2), (0, width % 2), (0, 0)]
    with replacing(path) as beside:
        writer = write_frames(
            str(beside),
            (width + width % 2, height + height % 2),
            fps=fps,
            quality=None,
            macro_block_size=2,
            ffmpeg_log_level="error",
            output_params=["-crf", "18", "-movflags", "+faststart", "-fflags", "+bitexact"],
        )
        with closing(writer):
            writer.send(None)
            for frame in frames:
                writer.send(np.ascontiguousarray(np.pad(frame, even, mode="edge")))
        return WrittenInfo(fps, len(frames), len(frames) / fps, beside.stat().st_size)
