"""The turns of a skeleton's nodes, found from joints in motion.

Lengths are the median lengths of the bones. A node is turned so that its bone points from where the node has come to
stand to the next joint, and about that bone by what tells its twist: of the trunk the lines of hips and shoulders, of
two-bone limbs the plane in which they are bent, of the head the nose, if it is one. Where that tells nothing, as of a
straight limb, the twist goes over from the frames before and after.
"""

from __future__ import annotations

import numpy as np

from posectl.data.axes import turned
from posectl.data.mocap.kinematics import Motion, Recording, forward
from posectl.data.motion.rig import JOINT, NODES, PARENTS, TIPS
from posectl.data.skeleton import H36M17

# A limb that is bent by less is straight, for knees and elbows are not quite hinges: they lean sideways by 5 to 15
# degrees. What stands out from the neck's line by less is no nose.
_BENT = np.sin(np.deg2rad(20.0))
_LIMBS = {
    "left arm": ("LShoulder", "LElbow", "LWrist"), "right arm": ("RShoulder", "RElbow", "RWrist"),
    "left leg": ("LHip", "LKnee", "LFoot"), "right leg": ("RHip", "RKnee", "RFoot"),
}  # fmt: skip
_NO_LENGTH = 1e-6


def recording_of(poses: np.ndarray, fps: float) -> Recording:
    """Return poses (T, 17, 3), z up, as a skeleton in motion, y up, in their unit.

    `NAME.end` is the tip of the head, a hand or a foot.
    """
    joints = turned(poses.astype(np.float64), "+z", "+y")
    bones = _bones(joints)
    local = _local(joints, bones)

    names: list[str] = []
    parents: list[int] = []
    offsets: list[np.ndarray] = []
    place: list[int] = []
    for node, parent, bone in zip(NODES, PARENTS, bones, strict=True):
        place.append(len(names))
        names.append(node.name)
        parents.append(place[parent] if node.parent else -1)
        # The children of the hips stand where these do.
        offsets.append(bones[parent] if node.parent and NODES[parent].to == node.at else np.zeros(3))
        if not any(other.parent == node.name for other in NODES):
            names.append(f"{node.name}.end")
            parents.append(place[-1])
            offsets.append(bone)
    turns = np.broadcast_to(np.eye(3), (len(joints), len(names), 3, 3)).copy()
    turns[:, place] = local
    root = joints[:, JOINT["Hip"]]

    def some(rows: np.ndarray) -> Motion:
        return Motion(turns[rows], {0: root[rows]})

    return Recording(tuple(names), np.array(parents), np.array(offsets), len(joints), fps, some, unit="m")


def joints_of(recording: Recording) -> np.ndarray:
    """Return the joints (T, 17, 3), z up, where such a skeleton has them."""
    places, _ = forward(recording, recording.local(np.arange(recording.frames)))
    return turned(joint_places(recording, places), "+y")


def joint_places(recording: Recording, places: np.ndarray) -> np.ndarray:
    """Return the joints (T, 17, 3) among the places (T, J, 3) of the nodes."""
    nodes = {node.at: recording.names.index(node.name) for node in NODES} | {"Head": recording.names.index("Head.end")}
    return places[:, [nodes[joint] for joint in H36M17.joints]]


def _bones(joints: np.ndarray) -> np.ndarray:
    """Return the bone (nodes, 3) of every node at rest, from the joints (T, 17, 3) of all frames."""
    hips, shoulders = (_line(joints, f"R{joint}", f"L{joint}") for joint in ("Hip", "Shoulder"))
    body = {
        "hips": _basis(hips, _line(joints, "Hip", "Thorax")),
        "chest": _basis(shoulders, _line(joints, "Spine", "Thorax")),
    }
    bones: list[np.ndarray] = []
    for node, parent in zip(NODES, PARENTS, strict=True):
        tip = next((share for part, share in TIPS.items() if node.name.endswith(part)), None)
        line = _line(joints, node.at, node.to) if node.to else np.zeros_like(hips)
        length = np.median(np.linalg.norm(line, axis=-1)) if tip is None else tip * np.linalg.norm(bones[parent])
        seen = np.zeros(3)
        if node.body:
            seen = (body[node.body].swapaxes(-1, -2) @ line[..., None]).mean(axis=0)[:, 0]
            if not node.rest[0]:  # in the middle of the body, which a turned head does not leave
                seen[0] = 0
        bones.append(length * (_unit(seen) if np.linalg.norm(seen) > _NO_LENGTH else node.rest))
    return np.array(bones)


def _local(joints: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Return the turn (T, nodes, 3, 3) of every node relative to its parent."""
    sides = _sides(joints)
    local = np.broadcast_to(np.eye(3), (len(joints), len(NODES), 3, 3)).copy()
    world = local.copy()
    ends = np.repeat(joints[:, None, JOINT["Hip"]], len(NODES), axis=1)
    for index, (node, parent) in enumerate(zip(NODES, PARENTS, strict=True)):
        above, start = (world[:, parent], ends[:, parent]) if node.parent else (world[:, 0], ends[:, 0])
        if node.side:
            way = joints[:, JOINT[node.to]] - start if node.to else _line(joints, "RHip", "LHip")
            way, side = ((above.swapaxes(-1, -2) @ each[..., None])[..., 0] for each in (way, sides[node.side]))
            rest = _unit(bones[index]) if bones[index].any() else node.rest
            local[:, index] = _turns(way, side, rest, node.at_rest)
        world[:, index] = above @ local[:, index]
        ends[:, index] = start + world[:, index] @ bones[index]
    return local


def _turns(way: np.ndarray, side: np.ndarray, rest: np.ndarray, at_rest: np.ndarray) -> np.ndarray:
    """Return turns (T, 3, 3) that take `rest` to the way (T, 3), and `at_rest` as near to the side (T, 3) as that lets.

    Ways of no length are those at rest. Where a side has no direction across the way, the twist goes over from the
    frames before and after as the way is swung from each to the next.
    """
    still = _basis(rest, at_rest)
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    along = np.where(length > _NO_LENGTH, way / np.maximum(length, _NO_LENGTH), still[:, 0])
    swung = _basis(along, _swung(still[:, 0], along, still[:, 1]))
    twist = np.zeros(len(way))
    across = np.einsum("ti,tij->tj", side, swung)[:, 1:]
    known = np.flatnonzero(np.linalg.norm(across, axis=-1) > _BENT)
    if len(known):
        gone_over = _swung(along[:-1], along[1:], swung[:-1, :, 1])
        drift = np.cumsum(_angle(np.einsum("ti,tij->tj", gone_over, swung[1:])[:, 1:]))
        drift = np.concatenate([[0], drift])
        twist = np.interp(np.arange(len(way)), known, np.unwrap((_angle(across) - drift)[known])) + drift
    cos, sin = np.cos(twist)[:, None], np.sin(twist)[:, None]
    return _basis(along, cos * swung[..., 1] + sin * swung[..., 2]) @ still.T


def _angle(vectors: np.ndarray) -> np.ndarray:
    return np.arctan2(vectors[:, 1], vectors[:, 0])


def _sides(joints: np.ndarray) -> dict[str, np.ndarray]:
    """Return the lines (T, 3) that tell twists: directions, or, of limbs, as long as the sine of their bend."""
    sides = {
        "trunk": _unit(_line(joints, "Hip", "Thorax")),
        "hips": _unit(_line(joints, "RHip", "LHip")),
        "chest": _unit(_line(joints, "Spine", "Thorax")),
        "shoulders": _unit(_line(joints, "RShoulder", "LShoulder")),
        **{limb: _bend(joints, *ends) for limb, ends in _LIMBS.items()},
    }
    nose = -_bend(joints, "Thorax", "Neck/Nose", "Head")
    is_nose = np.median(np.einsum("ti,ti->t", nose, sides["shoulders"])) > _BENT
    return sides | {"face": nose if is_nose else sides["shoulders"]}


def _bend(joints: np.ndarray, start: str, middle: str, end: str) -> np.ndarray:
    """Return the axis (T, 3) about which two bones are bent, as long as the sine of the bend."""
    return np.cross(_unit(_line(joints, start, middle)), _unit(_line(joints, middle, end)))


def _swung(start: np.ndarray, end: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Turn vectors (..., 3) by the smallest turn that takes the direction `start` to `end`, (..., 3) each."""
    axis = np.cross(start, end)
    turn = np.cross(axis, vectors)
    cosine = np.sum(start * end, axis=-1, keepdims=True)
    return vectors + turn + np.cross(axis, turn) / np.maximum(1 + cosine, 1e-9)


def _basis(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return rotations (..., 3, 3) of columns along `first`, `second` as far as it is across the first, and their
    product; axes stand in for what has no length."""
    x = np.where(np.linalg.norm(first, axis=-1, keepdims=True) > _NO_LENGTH, first, (1.0, 0.0, 0.0))
    x = _unit(x)
    y = second - np.sum(second * x, axis=-1, keepdims=True) * x
    spare = np.eye(3)[np.argmin(np.abs(x), axis=-1)]
    spare = spare - np.sum(spare * x, axis=-1, keepdims=True) * x
    y = _unit(np.where(np.linalg.norm(y, axis=-1, keepdims=True) > _NO_LENGTH, y, spare))
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _line(joints: np.ndarray, start: str, end: str) -> np.ndarray:
    return joints[:, JOINT[end]] - joints[:, JOINT[start]]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
