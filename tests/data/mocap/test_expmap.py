"""The CMU exponential maps: their root put right, and the takes that they were made from."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.mocap.amc import find_asf, read_amc
from posectl.data.mocap.bvh import read_bvh
from posectl.data.mocap.expmap import correct_root, read_expmap
from posectl.data.rotations import X, Y, Z, from_euler
from posectl.errors import InvalidInputError


def test_the_root_is_that_of_the_original_bvh(test_data):
    original = read_bvh(test_data / "raw/cmu/12_01.bvh")
    copy = read_expmap(test_data / "raw/cmu_expmap/walking_19__is_12_01.txt")
    rows = np.arange(original.frames)
    np.testing.assert_array_equal(copy.parents, original.parents)
    np.testing.assert_allclose(copy.local(rows).rotations, original.local(rows).rotations, atol=1e-8)


def test_the_root_is_that_of_the_original_amc_whose_heading_turns(test_data):
    amc = test_data / "raw/cmu/11_01.amc"
    original = read_amc(amc, find_asf(amc))
    copy = read_expmap(test_data / "raw/cmu_expmap/soccer_1__is_11_01.txt")
    expected = original.local(np.arange(597)).rotations[:, 0]
    np.testing.assert_allclose(copy.local(np.arange(1, 598)).rotations[:, 0], expected, atol=1e-5)


def test_the_root_is_mended_through_any_heading():
    """Two whole turns on the spot, while the trunk sways: past +-90 deg, where both sets of angles look alike."""
    t = np.linspace(0, 1, 2000)
    a, b, c = 0.2 * np.sin(9 * t), 4 * np.pi * t, 0.3 * np.sin(14 * t)
    wrong = from_euler(np.stack([a, c, b], axis=-1), (Z, X, Y))
    right = from_euler(np.stack([a, b, c], axis=-1), (Z, Y, X))
    np.testing.assert_allclose(correct_root(wrong), right, atol=1e-12)


def test_the_root_is_mended_where_its_angles_flip(test_data):
    """01_01 turns through +-90 deg, where its recorded Z and X angles run from 0 to +-180 deg in a few frames."""
    text = (test_data / "raw/cmu/01_01.bvh").read_text().partition("Frame Time: .0083333\n")[2]
    zyx = np.deg2rad(np.loadtxt(text.split("\n"))[:, 3:6])
    wrong = from_euler(zyx[:, [0, 2, 1]], (Z, X, Y))
    np.testing.assert_allclose(correct_root(wrong), from_euler(zyx, (Z, Y, X)), atol=1e-9)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",".join(["0"] * 116), "line 1: 116 columns, where 117 are expected"),
        (",".join(["0"] * 99), "99 columns, as Human3.6M's"),
        (",".join(["0"] * 116 + ["nan"]), "line 1, column 117: 'nan' is no finite number"),
        (",".join(["0"] * 116 + [""]), "line 1: 116 columns"),
        ("hello", "line 1: 1 columns"),
    ],
)
def test_a_file_of_other_columns_is_refused(tmp_path, line, said):
    path = tmp_path / "walking_1.txt"
    path.write_text(f"{line}\n")
    with pytest.raises(InvalidInputError) as error:
        read_expmap(path)
    assert said in error.value.message
