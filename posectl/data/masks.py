"""Masks: sets of joints that are hidden from a fit, by name, for completion and inverse kinematics.

Those of DPoser-X (Lu et al., ICCV 2025, table S-5), of HuProSO3 (Dunkel et al., CVPR 2024, table 3) and of GFPose's
code (Ci et al., CVPR 2023, `--jlist 1,2,3,4,5,6`), by the joints of H36M-17. The pelvis is the origin and never hidden.
"""

from __future__ import annotations

from posectl.data.skeleton import H36M17, Skeleton
from posectl.errors import InvalidInputError, UsageError, did_you_mean

MASKS: dict[str, tuple[int, ...]] = {
    "left-leg": (4, 5, 6),
    "right-leg": (1, 2, 3),
    "legs": (1, 2, 3, 4, 5, 6),
    "left-arm": (11, 12, 13),
    "right-arm": (14, 15, 16),
    "arms": (11, 12, 13, 14, 15, 16),
    "left-shoulder": (11,),
    "torso": (7, 8, 11, 14),
    "head": (9, 10),
    "all-but-ends": (1, 2, 4, 5, 7, 8, 9, 11, 12, 14, 15),
}
"""The hidden joints of each mask; `all-but-ends` leaves pelvis, ankles, head and wrists to be seen."""


def hidden_joints(text: str, skeleton: Skeleton = H36M17) -> tuple[int, ...]:
    """Return the joints, ascending, that "left arm", "legs,head", "13,14" or "LWrist" hide.

    Raises UsageError for a name or number that there is not, InvalidInputError where none is hidden, or all but the
    pelvis are.

    >>> hidden_joints("left arm"), hidden_joints("16, LKnee")
    ((11, 12, 13), (5, 16))
    """
    hidden: set[int] = set()
    for part in filter(None, map(str.strip, text.split(","))):
        hidden |= set(_joints(part, skeleton))
    if not hidden:
        raise InvalidInputError(f"{text!r} hides no joint.", f"Name some: {', '.join(MASKS)}, or joints' numbers.")
    if len(hidden - {0}) >= len(skeleton.joints) - 1:
        raise InvalidInputError(f"{text!r} hides every joint.", "Leave some to be seen.")
    return tuple(sorted(hidden))


def _joints(part: str, skeleton: Skeleton) -> tuple[int, ...]:
    name = part.lower().replace(" ", "-").replace("_", "-")
    if name in MASKS:
        return MASKS[name]
    joints = {joint.lower(): number for number, joint in enumerate(skeleton.joints)}
    if part.lower() in joints:
        return (joints[part.lower()],)
    if part.isdecimal() and int(part) < len(skeleton.joints):
        return (int(part),)
    raise UsageError(
        f"There is no mask or joint {part!r}; joints are 0 to {len(skeleton.joints) - 1}.",
        did_you_mean(name, [*MASKS, *skeleton.joints]),
    )
