"""A .skeleton file of NTU RGB+D written by hand, by read_skeleton_file.m of its authors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write_skeleton(path: Path, bodies: Mapping[int, np.ndarray], states: Mapping[int, np.ndarray] = {}) -> Path:
    """Write bodies, tracking number -> (T, 25, 3) metres, NaN in the frames without it; states (T, 25), else 2."""
    frames = len(next(iter(bodies.values())))
    lines = [str(frames)]
    for frame in range(frames):
        there = [number for number, joints in bodies.items() if np.isfinite(joints[frame]).all()]
        lines.append(str(len(there)))
        for number in there:
            lines += [f"{number} 0 1 1 1 1 0 0.02764709 0.05745083 2", "25"]
            for joint in range(25):
                x, y, z = bodies[number][frame, joint]
                state = states[number][frame, joint] if number in states else 2
                lines.append(f"{x:.7g} {y:.7g} {z:.7g} 277.419 191.8218 1036.233 519.1677 -0.2 0.05 0.97 -0.12 {state}")
    path.write_text("\r\n".join(lines) + "\r\n")
    return path
