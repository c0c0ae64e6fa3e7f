"""A person in a T-pose and walking, made by hand: z up, metres, facing -y, so that the left hand is at +x."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.render.body import Body

PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
LEFT, RIGHT = (4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16)
T_POSE = [
    (0, 0, 0.95), (-0.12, 0, 0.95), (-0.12, 0, 0.5), (-0.12, 0, 0.05), (0.12, 0, 0.95), (0.12, 0, 0.5), (0.12, 0, 0.05),
    (0, 0, 1.2), (0, 0, 1.45), (0, 0, 1.55), (0, 0, 1.7),
    (0.18, 0, 1.4), (0.45, 0, 1.4), (0.7, 0, 1.4), (-0.18, 0, 1.4), (-0.45, 0, 1.4), (-0.7, 0, 1.4),
]  # fmt: skip


@pytest.fixture
def body() -> Body:
    return Body(PARENTS, LEFT, RIGHT, "+z")


@pytest.fixture
def person() -> np.ndarray:
    return np.array(T_POSE, dtype=np.float32)


@pytest.fixture
def walk(person: np.ndarray) -> np.ndarray:
    """(24, 17, 3): legs and arms swing fore and aft against each other, the pelvis at the origin."""
    phase = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    poses = np.repeat(person[None] - person[0], 24, axis=0)
    for joint, swing in ((2, 0.2), (3, 0.4), (5, -0.2), (6, -0.4), (12, 0.1), (13, 0.3), (15, -0.1), (16, -0.3)):
        poses[:, joint, 1] += swing * np.sin(phase)
    return poses
