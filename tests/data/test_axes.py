"""Points turned from one vertical to another."""

import itertools

import numpy as np
import pytest

from posectl.data.axes import turned

AXES = ["+x", "-x", "+y", "-y", "+z", "-z"]


def unit(axis: str) -> np.ndarray:
    vector = np.zeros(3)
    vector["xyz".index(axis[1])] = 1 if axis[0] == "+" else -1
    return vector


@pytest.mark.parametrize(("up", "to"), [*itertools.product(AXES, AXES)])
def test_one_axis_becomes_another_by_a_rotation(up: str, to: str) -> None:
    turn = turned(np.eye(3), up, to).T  # columns: where the old axes go
    np.testing.assert_array_equal(turn @ unit(up), unit(to))
    np.testing.assert_array_equal(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)  # a mirror image would swap left and right
    if up == to:
        np.testing.assert_array_equal(turn, np.eye(3))
