"""A body, and its poses in the scene: upright, on the floor, of size one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render.camera import upright

# Parts of the body's size. A root that wanders less, or that stays so near the origin, is held at one spot: the poses
# know no height above ground. What a model decodes wanders a little about the origin.
HELD_ROOT = 0.05
CENTRED_ROOT = 0.2


@dataclass(frozen=True)
class Body:
    """Joints that make a body, and its up axis.

    parents (J,): each joint's parent, -1 for the root. left, right: the joints of either side. up: the poses' up axis,
    one of "+x", "-x", "+y", "-y", "+z", "-z"; Human3.6M in camera coordinates has "-y".
    """

    parents: Sequence[int]
    left: Sequence[int]
    right: Sequence[int]
    up: str = "+z"

    def __post_init__(self) -> None:
        joints = range(-1, len(self.parents))
        if not self.bones or not {*self.parents, *self.left, *self.right} <= {*joints}:
            raise InvalidInputError(
                f"These {len(self.parents)} parents, with these sides, make no body.",
                "Give a parent a joint, -1 at the root, and sides that name joints.",
            )

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) of every bone, in the order of the children."""
        return tuple((int(p), j) for j, p in enumerate(self.parents) if p >= 0)

    @property
    def root(self) -> int:
        """The first joint that has no parent."""
        return next((j for j, p in enumerate(self.parents) if p < 0), 0)

    @property
    def heads(self) -> frozenset[int]:
        """Joints on neither side that end a chain; none where the sides are not known."""
        if not len(self.left) or not len(self.right):
            return frozenset()
        return frozenset(range(len(self.parents))) - {*self.parents, *self.left, *self.right}


def checked(sequence: np.ndarray, body: Body, name: str) -> np.ndarray:
    """Poses as float64 (T, J, 3); errors call them `name`.

    Raises InvalidInputError for another shape, no frames or non-finite values.
    """
    poses = np.asarray(sequence)
    joints = len(body.parents)
    if poses.ndim != 3 or poses.shape[1:] != (joints, 3):
        raise InvalidInputError(
            f"{name} has the shape {poses.shape}, not (frames, {joints}, 3).",
            "Give one array of poses a panel, and the skeleton that they have.",
        )
    if not len(poses):
        raise InvalidInputError(f"{name} has no frames.", "Give at least one pose.")
    if poses.dtype.kind not in "fiu":
        raise InvalidInputError(f"{name} holds {poses.dtype}, not numbers.", "Give float arrays.")
    finite = np.isfinite(poses).all((1, 2))
    if not finite.all():
        raise InvalidInputError(
            f"{name} is not finite in {(~finite).sum()} of {len(poses)} frames, first in frame {finite.argmin()}.",
            "Leave those frames out, or look at what made them.",
        )
    return poses.astype(np.float64)


def to_scene(
    sequences: Sequence[np.ndarray], body: Body, names: Sequence[str], still: bool = False
) -> list[np.ndarray]:
    """The sequences (T, J, 3) in scene coordinates: z up, the largest body of size 1, each above the floor's origin.

    A sequence is moved as a whole. But where its root is held at one spot (pelvis-centred poses), each of its poses is
    set down on its own lowest joint, because how high it stood is not known; and `still` poses are each moved alone.
    """
    if not len(sequences):
        raise InvalidInputError("There are no poses to draw.", "Give at least one.")
    rotation = upright(body.up)
    poses = [checked(sequence, body, name) @ rotation.T for sequence, name in zip(sequences, names, strict=True)]
    size = max(float(np.ptp(p, axis=1).max()) for p in poses) or 1.0
    return [_on_floor(p / size, body.root, still) for p in poses]


def _on_floor(poses: np.ndarray, root: int, still: bool) -> np.ndarray:
    spot, lowest = poses[:, root], poses[..., 2].min(1)
    shift = np.stack([spot[:, 0], spot[:, 1], lowest], -1)
    if not still:
        held = np.ptp(spot, axis=0).max() <= HELD_ROOT or np.linalg.norm(spot, axis=1).max() <= CENTRED_ROOT
        shift[:, :2] = spot[:, :2].mean(0)
        shift[:, 2] = lowest if held else lowest.min()
    return poses - shift[:, None]


def heading(sequences: Sequence[np.ndarray], body: Body) -> float:
    """The azimuth, in degrees, of an eye that the bodies face on average; 0 where they face nowhere."""
    pairs = list(zip(body.left, body.right, strict=False))
    if not pairs:
        return 0.0
    left, right = np.array(pairs).T
    across = sum((poses[:, left, :2] - poses[:, right, :2]).sum((0, 1)) for poses in sequences)
    return float(np.degrees(np.arctan2(across[1], across[0])))
