"""People of two builds and postures: as many of each as was asked for, and of the build that is said."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.mannequin.confounded import confounded_people
from posectl.data.readers.mannequin import read
from posectl.data.skeleton import H36M17
from posectl.errors import UsageError

PAPER = (0.28, 8.49)


@pytest.mark.parametrize(("ratios", "upright"), [(PAPER, (14, 57)), ((1.0, 1.0), (32, 32))])
def test_postures_are_shared_out_by_the_ratios(ratios, upright):
    people = confounded_people(128, 0, ratios)
    counted = [sum(p.posture == "upright" for p in people if p.build == build) for build in ("short", "tall")]
    expected = [64 * ratio / (1 + ratio) for ratio in ratios]
    assert counted == [round(each) for each in expected] == list(upright)
    assert sum(p.build == "short" for p in people) == 64


def test_labels_and_factors_are_those_of_the_bodies():
    made = read([], subjects=8, seconds=0.2, fps=10, confound=PAPER)
    clip = made.per_sample["clip"]
    joints = [H36M17.joints.index(joint) for joint in ("RHip", "RKnee")]
    thigh = np.linalg.norm(made.samples[:, joints[0]] - made.samples[:, joints[1]], axis=-1)
    np.testing.assert_allclose(thigh / made.per_sample["stature"], 0.245, rtol=0.031)  # of the table, 3 % off at most
    tall = made.per_clip["build"][clip] == "tall"
    assert made.per_sample["stature"][tall].min() >= 1.78
    assert made.per_sample["stature"][~tall].max() <= 1.64
    stooped = made.per_clip["posture"][clip] == "stooped"
    assert made.per_sample["slump"][stooped].min() >= 28
    assert made.per_sample["slump"][~stooped].max() <= 8
    assert made.about["factors"] == ["phase", "stature", "slump"]


def test_without_ratios_nobody_is_labelled():
    made = read([], subjects=2, seconds=0.2, fps=10)
    assert made.about["factors"] == ["phase"]
    assert "build" not in made.per_clip


@pytest.mark.parametrize("ratios", [(1.0,), (1.0, 2.0, 3.0), (0.0, 1.0), (1.0, float("inf")), (-1.0, 2.0)])
def test_ratios_are_two_and_above_0(ratios):
    with pytest.raises(UsageError, match="two ratios above 0"):
        read([], subjects=4, confound=ratios)
