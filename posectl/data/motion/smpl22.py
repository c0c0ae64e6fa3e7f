"""The 22 body joints of SMPL, and of HumanML3D, from the 17 of H36M.

Joints that the 17 lack are put where SMPL's mean body has them, between those that are there; of the feet's direction
17 joints say nothing, and they are taken to stand at right angles to the shins. M. Loper et al., "SMPL", 2015.
"""

from __future__ import annotations

import numpy as np

from posectl.data.axes import turned
from posectl.data.mocap.kinematics import Recording, forward
from posectl.data.mocap.resample import frame_positions, motion_at
from posectl.data.motion.rig import JOINT
from posectl.data.motion.turns import joint_places

HUMANML3D_FPS = 20.0
# Each joint, in SMPL's order, as weights of H36M-17 joints, which sum to 1.
_WEIGHTS: dict[str, dict[str, float]] = {
    "pelvis": {"Hip": 1}, "left_hip": {"LHip": 1}, "right_hip": {"RHip": 1}, "spine1": {"Hip": 0.55, "Spine": 0.45},
    "left_knee": {"LKnee": 1}, "right_knee": {"RKnee": 1}, "spine2": {"Spine": 1}, "left_ankle": {"LFoot": 1},
    "right_ankle": {"RFoot": 1}, "spine3": {"Spine": 0.8, "Thorax": 0.2}, "left_foot": {"LFoot": 1},
    "right_foot": {"RFoot": 1}, "neck": {"Thorax": 1},
    "left_collar": {"Thorax": 0.29, "LShoulder": 0.47, "Spine": 0.24},
    "right_collar": {"Thorax": 0.29, "RShoulder": 0.47, "Spine": 0.24}, "head": {"Neck/Nose": 1},
    "left_shoulder": {"LShoulder": 1}, "right_shoulder": {"RShoulder": 1}, "left_elbow": {"LElbow": 1},
    "right_elbow": {"RElbow": 1}, "left_wrist": {"LWrist": 1}, "right_wrist": {"RWrist": 1},
}  # fmt: skip
# From ankle to toes in the shin's frame, its length being 1: outwards, down and ahead.
_TOES = np.array((0.065, -0.13, 0.3))
APPROXIMATE = (
    "Of SMPL's 22 joints, spine1, spine3 and the collars are put between others, the feet at right angles to the "
    "shins, and head is Neck/Nose."
)


def smpl_of(recording: Recording, joints: np.ndarray) -> np.ndarray:
    """Return SMPL's 22 joints (T, 22, 3) of joints (T, 17, 3), in the axes of these, z up.

    recording: the same joints as a skeleton in motion, by whose shins the feet go.
    """
    _, turns = forward(recording, recording.local(np.arange(recording.frames)))
    return _smpl(recording, joints, turned(turns.swapaxes(-1, -2), "+y").swapaxes(-1, -2))


def humanml3d_of(recording: Recording) -> np.ndarray:
    """Return the joints (T, 22, 3) float32 as HumanML3D has them in new_joints/*.npy, on the skeleton.

    20 frames a second, y up, the lowest joint on the floor; at first above the origin, looking along z.
    Source: C. Guo et al., "Generating Diverse and Natural 3D Human Motions From Text", 2022, motion_process.py.
    """
    assert recording.fps
    motion = motion_at(recording, frame_positions(recording.frames, recording.fps, HUMANML3D_FPS))
    places, turns = forward(recording, motion)
    joints = _smpl(recording, joint_places(recording, places), turns)
    ahead = turns[0, 0, :, 2] * (1, 0, 1)
    cos, sin = ahead[[2, 0]] / max(float(np.linalg.norm(ahead)), 1e-9)
    joints = (joints - joints[0, 0]) @ np.array([(cos, 0, sin), (0, 1, 0), (-sin, 0, cos)])
    joints[..., 1] -= joints[..., 1].min()
    return joints.astype(np.float32)


def _smpl(recording: Recording, joints: np.ndarray, turns: np.ndarray) -> np.ndarray:
    names = list(_WEIGHTS)
    weights = np.zeros((len(names), len(JOINT)))
    for row, parts in enumerate(_WEIGHTS.values()):
        for joint, weight in parts.items():
            weights[row, JOINT[joint]] = weight
    smpl = weights @ joints
    for side, outwards in (("Left", 1), ("Right", -1)):
        foot = recording.names.index(f"{side}Foot")
        shin = np.linalg.norm(recording.offsets[foot])
        smpl[:, names.index(f"{side.lower()}_foot")] += turns[:, foot] @ (shin * _TOES * (outwards, 1, 1))
    return smpl
