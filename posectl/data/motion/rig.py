"""The skeleton that exported motion turns: its nodes, the joints of H36M-17 they stand at, and their rest pose.

At rest it stands in a T pose, y up, and looks along z, as BVH and glTF have it: the left hand points along x. Some
nodes share a place, so that hips and collar bones, which 17 joints do not show to be rigid, turn one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from posectl.data.skeleton import H36M17

X, Y, Z = np.eye(3)


class Node(NamedTuple):
    """A node at the joint `at` whose bone points to the joint `to`.

    rest: where the bone points at rest; of one with a `body` part, "hips" or "chest", only where its way on the whole,
    seen from that part, is none. side, at_rest: what tells the twist about the bone, a line of
    posectl.data.motion.turns, and where that is at rest.
    """

    name: str
    parent: str
    at: str
    to: str
    rest: np.ndarray
    side: str
    at_rest: np.ndarray
    body: str = ""


# Knees bend about the line from right to left, and elbows, of arms stretched sideways, about the vertical.
NODES = (
    Node("Hips", "", "Hip", "", X, "trunk", Y),
    Node("RightPelvis", "Hips", "Hip", "RHip", -X, "trunk", Y, "hips"),
    Node("RightUpLeg", "RightPelvis", "RHip", "RKnee", -Y, "right leg", X),
    Node("RightLeg", "RightUpLeg", "RKnee", "RFoot", -Y, "right leg", X),
    Node("RightFoot", "RightLeg", "RFoot", "", Z, "", X),
    Node("LeftPelvis", "Hips", "Hip", "LHip", X, "trunk", Y, "hips"),
    Node("LeftUpLeg", "LeftPelvis", "LHip", "LKnee", -Y, "left leg", X),
    Node("LeftLeg", "LeftUpLeg", "LKnee", "LFoot", -Y, "left leg", X),
    Node("LeftFoot", "LeftLeg", "LFoot", "", Z, "", X),
    Node("Spine", "Hips", "Hip", "Spine", Y, "hips", X, "hips"),
    Node("Spine1", "Spine", "Spine", "Thorax", Y, "shoulders", X, "chest"),
    Node("Neck", "Spine1", "Thorax", "Neck/Nose", Y, "face", X, "chest"),
    Node("Head", "Neck", "Neck/Nose", "Head", Y, "face", X, "chest"),
    Node("LeftShoulder", "Spine1", "Thorax", "LShoulder", X, "chest", Y, "chest"),
    Node("LeftArm", "LeftShoulder", "LShoulder", "LElbow", X, "left arm", -Y),
    Node("LeftForeArm", "LeftArm", "LElbow", "LWrist", X, "left arm", -Y),
    Node("LeftHand", "LeftForeArm", "LWrist", "", X, "", -Y),
    Node("RightShoulder", "Spine1", "Thorax", "RShoulder", -X, "chest", Y, "chest"),
    Node("RightArm", "RightShoulder", "RShoulder", "RElbow", -X, "right arm", Y),
    Node("RightForeArm", "RightArm", "RElbow", "RWrist", -X, "right arm", Y),
    Node("RightHand", "RightForeArm", "RWrist", "", -X, "", Y),
)
PARENTS = np.array([[node.name for node in NODES].index(node.parent) if node.parent else -1 for node in NODES])
JOINT = {name: index for index, name in enumerate(H36M17.joints)}
# Feet and hands, which 17 joints do not tell, keep to shins and forearms, and are as long as these parts of them.
TIPS = {"Foot": 0.3, "Hand": 0.35}
