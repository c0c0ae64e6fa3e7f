"""The up axis and the unit of a motion file, found from the body, for no such file gives them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from posectl.data import units
from posectl.data.poses import find_up
from posectl.errors import InvalidInputError

METRES = {**units.METRES, "cmu": 0.0254 / 0.45}
# Thighs of adults and of animators' characters; no two of the units above put one thigh in this range.
THIGH = (0.3, 0.6)
# cos 45 deg: below that another axis is as near.
_CLEAR = 0.7


def decide_unit(thigh: float, declared: str | None, path: Path) -> str:
    """Return the unit in which a thigh of this length is a person's; `declared` where there is none.

    Raises InvalidInputError, saying how long the thigh is, when neither decides.
    """
    for unit, metres in METRES.items():
        if THIGH[0] <= thigh * metres <= THIGH[1]:
            return unit
    if declared is None:
        raise InvalidInputError(
            f"{path}: its unit is unknown, for its thigh is {thigh:.4g} units long, a person's in none of "
            f"{', '.join(METRES)}.",
            "Say which it is with --unit.",
        )
    return declared


def trunk_axis(poses: np.ndarray) -> str | None:
    """Return the axis, as "+y", along which the trunks of poses (T, 17, 3) point on the whole; None if they do not."""
    axis, strength = find_up(poses)
    return axis if strength >= _CLEAR else None


def decide_up(moving: str | None, resting: str | None, declared: str | None, path: Path) -> str:
    """Return the up axis, by vote: the trunk's over the frames, the trunk's in the rest pose, and the joint map's.

    Two that agree win, for a clip may be of somebody who lies down, and a rest pose may be of bones laid out along x.
    The map decides where all differ. Raises InvalidInputError, saying what was seen, where there is no map to decide.
    """
    votes = Counter(vote for vote in (moving, resting, declared) if vote is not None)
    if len(votes) == 1 or 2 in votes.values():
        return votes.most_common(1)[0][0]
    if declared is not None:
        return declared
    hint = f"If people stand in it, give --up {moving}; if they lie, --up {resting}."
    raise InvalidInputError(
        f"{path}: its up axis is unknown, for the trunk points along {moving or 'no one axis'} in the motion and "
        f"along {resting or 'none'} at rest.",
        hint if votes else "Say which it is with --up, such as --up +y.",
    )


def upright(up: str) -> np.ndarray:
    """Return the rotation (3, 3), no mirror image, that takes the axis `up` to +z: for +y, (x, y, z) -> (x, -z, y)."""
    vertical = unit_vector(up)
    # The x axis stays where it is if it can.
    across = unit_vector("+y" if up[1] == "x" else "+x")
    return np.stack([across, np.cross(vertical, across), vertical])


def unit_vector(axis: str) -> np.ndarray:
    """Return the vector (3,) of an axis such as "-y"."""
    vector = np.zeros(3)
    vector["xyz".index(axis[1])] = -1 if axis[0] == "-" else 1
    return vector


def nearest_axis(vector: np.ndarray) -> str:
    """Return the axis, as "-y", nearest to a vector (3,)."""
    largest = int(np.argmax(np.abs(vector)))
    return f"{'-' if vector[largest] < 0 else '+'}{'xyz'[largest]}"
