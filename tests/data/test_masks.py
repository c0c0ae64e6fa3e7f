from __future__ import annotations

import pytest

from posectl.data.masks import MASKS, hidden_joints
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, UsageError


def test_masks_hide_the_joints_that_they_name() -> None:
    named = {mask: {H36M17.joints[joint] for joint in joints} for mask, joints in MASKS.items()}
    assert named["left-leg"] == {"LHip", "LKnee", "LFoot"}
    assert named["left-arm"] == {"LShoulder", "LElbow", "LWrist"}
    assert set(H36M17.joints) - named["all-but-ends"] == {"Hip", "RFoot", "LFoot", "Head", "LWrist", "RWrist"}
    for side, other in (("left-leg", "right-leg"), ("left-arm", "right-arm")):
        assert {H36M17.mirror[joint] for joint in MASKS[side]} == set(MASKS[other])


@pytest.mark.parametrize(
    ("text", "joints"),
    [("left arm", (11, 12, 13)), ("Left_Leg", (4, 5, 6)), ("13,14", (13, 14)), ("head, LWrist", (9, 10, 13))],
)
def test_masks_are_named_by_part_joint_or_number(text: str, joints: tuple[int, ...]) -> None:
    assert hidden_joints(text) == joints


@pytest.mark.parametrize("text", ["left wing", "17", "-1", "1.5"])
def test_an_unknown_mask_is_told_what_there_is(text: str) -> None:
    with pytest.raises(UsageError, match="no mask or joint"):
        hidden_joints(text)


@pytest.mark.parametrize(("text", "said"), [("", "hides no joint"), ("legs,arms,torso,head", "hides every joint")])
def test_all_and_none_hidden_are_errors(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        hidden_joints(text)
