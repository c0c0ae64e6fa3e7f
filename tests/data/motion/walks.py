"""A walk of a body whose bones keep their lengths, by kinematics of the tests' own, z up; and the names of nodes."""

from __future__ import annotations

import numpy as np

from posectl.data.skeleton import H36M17

# The node at which each joint stands, as exported files call them.
NODES = {
    "Hip": "Hips", "RHip": "RightUpLeg", "RKnee": "RightLeg", "RFoot": "RightFoot", "LHip": "LeftUpLeg",
    "LKnee": "LeftLeg", "LFoot": "LeftFoot", "Spine": "Spine1", "Thorax": "Neck", "Neck/Nose": "Head",
    "Head": "Head_End", "LShoulder": "LeftArm", "LElbow": "LeftForeArm", "LWrist": "LeftHand",
    "RShoulder": "RightArm", "RElbow": "RightForeArm", "RWrist": "RightHand",
}  # fmt: skip
J = {name: index for index, name in enumerate(H36M17.joints)}


def about(axis, angle):
    """Rotations (T, 3, 3) about x, y or z by angles (T,), by Rodrigues."""
    k = np.cross(np.eye(3)["xyz".index(axis)], np.eye(3)).T
    angle = np.asarray(angle)[:, None, None]
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def walk(frames=60, fps=30.0, knees=0.6, elbows=0.5):
    """Poses (T, 17, 3) in metres, z up, of a person who walks along y, and looks there; the left is at -x.

    knees: how far they are bent at most, radians; elbows: how far they are bent, always or in each frame (T,).
    """
    t = np.arange(frames) / fps
    swing, bend = 0.5 * np.sin(2 * np.pi * t), knees * (0.55 + 0.45 * np.cos(2 * np.pi * t))
    poses = np.zeros((frames, 17, 3))
    hip = np.stack([0.02 * np.sin(2 * np.pi * t), 1.2 * t, 0.95 + 0.02 * np.cos(4 * np.pi * t)], axis=-1)
    sway = about("z", 0.1 * np.sin(2 * np.pi * t))

    def put(joint, parent, turn, *offset):
        poses[:, J[joint]] = poses[:, J[parent]] + turn @ np.array(offset)

    poses[:, 0] = hip
    lean = about("x", np.full(frames, -0.08))
    chest = about("z", -0.12 * np.sin(2 * np.pi * t)) @ lean
    put("Spine", "Hip", sway @ lean, 0, 0, 0.23)
    put("Thorax", "Spine", chest, 0, 0, 0.25)
    put("Neck/Nose", "Thorax", chest, 0, 0.09, 0.1)
    put("Head", "Neck/Nose", chest, 0, -0.06, 0.12)
    for side, x, phase in (("L", -1, 1), ("R", 1, -1)):
        leg = sway @ about("x", phase * swing)
        put(f"{side}Hip", "Hip", sway, 0.12 * x, 0, -0.02)
        put(f"{side}Knee", f"{side}Hip", leg, 0, 0, -0.44)
        put(f"{side}Foot", f"{side}Knee", leg @ about("x", -bend), 0, 0, -0.43)
        arm = chest @ about("x", -0.6 * phase * swing)
        put(f"{side}Shoulder", "Thorax", chest, 0.17 * x, 0, -0.03)
        put(f"{side}Elbow", f"{side}Shoulder", arm, 0.03 * x, 0, -0.29)
        put(f"{side}Wrist", f"{side}Elbow", arm @ about("x", np.broadcast_to(elbows, frames)), 0, 0, -0.26)
    return poses
