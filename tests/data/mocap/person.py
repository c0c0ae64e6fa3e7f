"""A stick person under Mixamo's names, standing in a T pose with y up and facing z, and BVH text of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Node, parent, offset in metres.
PERSON = [
    ("Hips", None, (0, 0, 0)),
    ("Spine", "Hips", (0, 0.1, 0)),
    ("Spine1", "Spine", (0, 0.12, 0)),
    ("Spine2", "Spine1", (0, 0.13, 0)),
    ("Neck", "Spine2", (0, 0.15, 0)),
    ("Head", "Neck", (0, 0.1, 0.02)),
    ("HeadTop_End", "Head", (0, 0.18, 0.03)),
    ("LeftShoulder", "Spine2", (0.06, 0.1, 0)),
    ("LeftArm", "LeftShoulder", (0.13, 0, 0)),
    ("LeftForeArm", "LeftArm", (0.28, 0, 0)),
    ("LeftHand", "LeftForeArm", (0.26, 0, 0)),
    ("RightShoulder", "Spine2", (-0.06, 0.1, 0)),
    ("RightArm", "RightShoulder", (-0.13, 0, 0)),
    ("RightForeArm", "RightArm", (-0.28, 0, 0)),
    ("RightHand", "RightForeArm", (-0.26, 0, 0)),
    ("LeftUpLeg", "Hips", (0.1, -0.05, 0)),
    ("LeftLeg", "LeftUpLeg", (0, -0.43, 0)),
    ("LeftFoot", "LeftLeg", (0, -0.42, 0)),
    ("RightUpLeg", "Hips", (-0.1, -0.05, 0)),
    ("RightLeg", "RightUpLeg", (0, -0.43, 0)),
    ("RightFoot", "RightLeg", (0, -0.42, 0)),
]

# The H36M-17 joints of that person as a reader gives them, z up and facing -y.
STANDING = np.array(
    [
        (0, 0, 0),
        (-0.1, 0, -0.05), (-0.1, 0, -0.48), (-0.1, 0, -0.9), (0.1, 0, -0.05), (0.1, 0, -0.48), (0.1, 0, -0.9),
        (0, 0, 0.22), (0, 0, 0.5), (0, -0.02, 0.6), (0, -0.05, 0.78),
        (0.19, 0, 0.45), (0.47, 0, 0.45), (0.73, 0, 0.45), (-0.19, 0, 0.45), (-0.47, 0, 0.45), (-0.73, 0, 0.45),
    ]
)  # fmt: skip


def person_bvh(
    root: Sequence[Sequence[float]],
    *,
    prefix: str = "",
    scale: float = 1.0,
    frame_time: str = "0.0333333",
    without: Sequence[str] = (),
    axes: np.ndarray | None = None,
) -> str:
    """BVH text: `root` rows are X, Y, Z position and Z, X, Y rotation of the hips; nothing else turns.

    axes: a rotation (3, 3) of all offsets, for a person drawn in another frame.
    """
    turn = np.eye(3) if axes is None else axes
    lines = ["HIERARCHY"]

    def put(name: str, parent: str | None, offset: tuple[float, ...], depth: int) -> None:
        x, y, z = scale * (turn @ np.array(offset))
        indent = "\t" * depth
        lines.append(f"{indent}{'JOINT' if parent else 'ROOT'} {prefix}{name}")
        lines.append(f"{indent}{{")
        lines.append(f"{indent}\tOFFSET {x:.6f} {y:.6f} {z:.6f}")
        places = "" if parent else "Xposition Yposition Zposition "
        lines.append(f"{indent}\tCHANNELS {3 if parent else 6} {places}Zrotation Xrotation Yrotation")
        children = [node for node in PERSON if node[1] == name and node[0] not in without]
        for child in children:
            put(*child, depth + 1)
        if not children:
            lines.extend([f"{indent}\tEnd Site", f"{indent}\t{{", f"{indent}\t\tOFFSET 0 0 0", f"{indent}\t}}"])
        lines.append(f"{indent}}}")

    put(*PERSON[0], 0)
    lines += ["MOTION", f"Frames: {len(root)}", f"Frame Time: {frame_time}"]
    still = " 0" * 3 * (len(PERSON) - 1 - len(without))
    for row in root:
        places = [scale * value for value in row[:3]]
        lines.append(" ".join(f"{value:.6f}" for value in [*places, *row[3:]]) + still)
    return "\n".join(lines) + "\n"


def still(frames: int = 4) -> list[list[float]]:
    """Rows of a person who stands with the pelvis 0.95 m high and drifts 1 cm a frame to the left."""
    return [[0.01 * t, 0.95, 0, 0, 0, 0] for t in range(frames)]
