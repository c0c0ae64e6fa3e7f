"""Hidden joints by the names of limbs and joints, and by number."""

import numpy as np
import pytest

from posectl.data.masks import GROUPS, hidden_joints
from posectl.errors import UsageError


@pytest.mark.parametrize(
    ("text", "joints"),
    [
        ("left arm", [11, 12, 13]),
        ("Left-Arm", [11, 12, 13]),
        ("legs", [1, 2, 3, 4, 5, 6]),
        ("13,14", [13, 14]),
        ("LWrist, torso", [7, 8, 9, 10, 13]),
        ("all but end effectors", [1, 2, 4, 5, 7, 8, 9, 11, 12, 14, 15]),
        ("", []),
    ],
)
def test_joints_are_hidden_by_limb_by_name_and_by_number(text, joints):
    assert np.flatnonzero(hidden_joints(text)).tolist() == joints


def test_limbs_are_of_their_side():
    for name, joints in GROUPS.items():
        if name.startswith(("left", "right")):
            assert {joint[0] for joint in joints} == {name[0].upper()}


@pytest.mark.parametrize("text", ["left ram", "17", "-1", "1.5"])
def test_what_is_no_joint_is_refused(text):
    with pytest.raises(UsageError):
        hidden_joints(text)
