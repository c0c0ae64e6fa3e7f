"""A C3D file written by hand from the format's description (c3d.org, "The C3D File Format User Guide"): no library."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np


def write_c3d(path: Path, points: np.ndarray, labels: list[str], rate: float, units: str = "mm") -> Path:
    """Write points (T, J, 3); NaN is a marker out of sight, written as zeros with the residual -1."""
    frames, count, _ = points.shape
    groups = {
        "POINT": [
            ("USED", 2, [], struct.pack("<h", count)),
            ("FRAMES", 2, [], struct.pack("<h", frames)),
            ("DATA_START", 2, [], b""),
            ("SCALE", 4, [], struct.pack("<f", -1)),
            ("RATE", 4, [], struct.pack("<f", rate)),
            ("UNITS", -1, [len(units)], units.encode()),
            ("LABELS", -1, [32, count], b"".join(label.ljust(32).encode() for label in labels)),
        ],
    }
    size = 0
    for _ in range(2):  # once to know how long the section is
        blocks = -(-size // 512)
        body = b"\x01\x50" + bytes([blocks, 84])
        for number, (group, parameters) in enumerate(groups.items(), 1):
            body += struct.pack("<bb", len(group), -number) + group.encode() + struct.pack("<h", 3) + b"\0"
            for name, kind, shape, data in parameters:
                data = data or struct.pack("<h", 2 + blocks)
                rest = struct.pack("<bB", kind, len(shape)) + bytes(shape) + data + b"\0"
                body += struct.pack("<bb", len(name), number) + name.encode() + struct.pack("<h", 2 + len(rest)) + rest
        size = len(body) + 2
    body = body.ljust(blocks * 512, b"\0")
    header = struct.pack("<BBhhhhhfhhf", 2, 0x50, count, 0, 1, frames, 0, -1.0, 2 + blocks, 0, rate).ljust(512, b"\0")
    seen = np.isfinite(points).all(-1, keepdims=True)
    data = np.concatenate([np.where(seen, points, 0), np.where(seen, 0, -1)], axis=-1).astype("<f4")
    path.write_bytes(header + body + data.tobytes())
    return path
