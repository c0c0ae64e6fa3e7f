"""Masks of joints: which are hidden, by the names of limbs, by joints, or by an array."""

from __future__ import annotations

import numpy as np

from posectl.data.skeleton import H36M17
from posectl.errors import UsageError, did_you_mean

LIMBS: dict[str, tuple[str, ...]] = {
    "left leg": ("LHip", "LKnee", "LFoot"),
    "right leg": ("RHip", "RKnee", "RFoot"),
    "left arm": ("LShoulder", "LElbow", "LWrist"),
    "right arm": ("RShoulder", "RElbow", "RWrist"),
    "torso": ("Spine", "Thorax", "Neck/Nose", "Head"),
}
END_EFFECTORS = ("Hip", "LFoot", "RFoot", "LWrist", "RWrist", "Head")
"""The joints that remain of "all but end effectors"; the pelvis is where a pose stands."""

GROUPS: dict[str, tuple[str, ...]] = {
    **LIMBS,
    "legs": LIMBS["left leg"] + LIMBS["right leg"],
    "arms": LIMBS["left arm"] + LIMBS["right arm"],
    "all but end effectors": tuple(joint for joint in H36M17.joints if joint not in END_EFFECTORS),
}
"""Names of groups of joints that are hidden together."""


def hidden_joints(text: str) -> np.ndarray:
    """Return the mask (17,) of hidden joints of "left arm", "arms", "LWrist,RWrist" or "13,14", in any mix.

    Raises UsageError for a name or number that there is not.
    """
    names = {joint.lower(): (joint,) for joint in H36M17.joints} | GROUPS
    mask = np.zeros(len(H36M17.joints), bool)
    for part in filter(None, (each.strip().lower().replace("-", " ") for each in text.split(","))):
        if part.isdecimal() and int(part) < len(mask):
            mask[int(part)] = True
        elif part in names:
            mask[[H36M17.joints.index(joint) for joint in names[part]]] = True
        else:
            known = [*GROUPS, *H36M17.joints]
            hint = did_you_mean(part, known) if not part.isdecimal() else f"They are 0 to {len(mask) - 1}."
            raise UsageError(f"There is no joint or limb {part!r}.", hint)
    return mask
