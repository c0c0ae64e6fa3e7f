"""Sequences to look at, brought to one vertical."""

import numpy as np
import pytest

from posectl.stages.drawing.poses import z_up


@pytest.mark.parametrize("up", ["+x", "-x", "+y", "-y", "+z", "-z"])
def test_up_becomes_plus_z_by_a_rotation(up):
    turn = z_up(np.eye(3), up).T  # columns: where the old axes go
    vertical = np.zeros(3)
    vertical["xyz".index(up[1])] = 1 if up[0] == "+" else -1
    np.testing.assert_array_equal(turn @ vertical, [0, 0, 1])
    np.testing.assert_array_equal(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)  # a mirror image would swap left and right
