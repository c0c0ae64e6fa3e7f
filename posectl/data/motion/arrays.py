"""Joints in motion as plain arrays (.npz) and as a table of text (.csv): metres, z up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from posectl.data.skeleton import H36M17


def npz_of(
    names: Sequence[str], motions: Sequence[np.ndarray], rates: Sequence[float], joints: Sequence[str] = H36M17.joints
) -> dict[str, Any]:
    """Return motions (T, J, 3), one after the other, as the arrays of an .npz, as `posectl prepare arrays` reads them.

    positions (N, J, 3) float32; joint_names (J,); units "m"; up_axis "z"; fps, of the first; and of each of C motions
    clip_name, clip_start, clip_length, clip_fps (C,).
    """
    lengths = np.array([len(each) for each in motions])
    return {
        "positions": np.concatenate(motions).astype(np.float32),
        "joint_names": np.array(joints),
        "units": np.array("m"),
        "up_axis": np.array("z"),
        "fps": np.float32(rates[0]),
        "clip_name": np.array(names),
        "clip_start": np.cumsum(lengths) - lengths,
        "clip_length": lengths,
        "clip_fps": np.array(rates, np.float32),
    }


def csv_of(names: Sequence[str], motions: Sequence[np.ndarray], rates: Sequence[float]) -> str:
    """Return motions (T, 17, 3) as a table: clip, frame, seconds, and Hip_x, Hip_y, Hip_z, ... in metres."""
    lines = [",".join(["clip", "frame", "seconds", *(f"{joint}_{axis}" for joint in H36M17.joints for axis in "xyz")])]
    for name, poses, fps in zip(names, motions, rates, strict=True):
        quoted = '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n\r') else name
        for frame, row in enumerate(poses.reshape(len(poses), -1).tolist()):
            numbers = ",".join(f"{value:.6f}" for value in row)
            lines.append(f"{quoted},{frame},{frame / fps:.6f},{numbers}")
    return "\n".join(lines) + "\n"
