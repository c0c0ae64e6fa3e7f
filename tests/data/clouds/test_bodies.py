"""Bodies as clouds: limbs of the right area and place, and a dataset whose factors are what was drawn."""

import numpy as np
import pytest

from posectl.data.clouds import bodies
from posectl.data.clouds.surface import areas
from posectl.data.dataset import TEST
from posectl.data.mannequin.motions import MOTIONS
from posectl.data.readers.bodies import read
from posectl.data.skeleton import H36M17
from posectl.errors import UsageError


def test_a_limb_has_the_area_of_its_cylinder_and_its_round_ends():
    limb = bodies._capsule(np.array([0, 0, 1.0]), np.array([0, 2.0, 1]), 0.3, 0.3)
    exact = 2 * np.pi * 0.3 * 2 + 4 * np.pi * 0.3**2
    assert 0.95 * exact < areas(limb).sum() < exact  # of 16 sides
    corners = limb.reshape(-1, 3)
    assert np.hypot(corners[:, 0], corners[:, 2] - 1).max() == pytest.approx(0.3)
    np.testing.assert_allclose([corners[:, 1].min(), corners[:, 1].max()], [-0.3, 2.3], rtol=1e-12)


def test_limbs_go_from_joint_to_joint_and_are_as_thick_as_the_girth_says():
    pose, _ = bodies.random_pose(MOTIONS["walk"], 1.7, np.random.default_rng(0))
    on_bones, thin, thick = (
        bodies.surface(pose, 1.7, girth).reshape(len(H36M17.bones), -1, 3) for girth in (0, 0.5, 1.0)
    )
    for limb, (parent, child) in zip(on_bones, H36M17.bones, strict=True):
        start, end = bodies.SCALE * pose[parent], bodies.SCALE * pose[child]
        np.testing.assert_allclose(np.cross(limb - start, end - start), 0, atol=1e-12)
    np.testing.assert_allclose(thick - on_bones, 2 * (thin - on_bones), atol=1e-12)
    assert np.linalg.norm(thick - on_bones, axis=-1).max() == pytest.approx(bodies.SCALE * 1.7 * 0.07)


def test_the_dataset_knows_build_and_pose():
    dataset = read(motions=("squat", "walk"), count=10, points=2048)
    assert dataset.samples.shape == (20, 2048, 3)
    assert dataset.about["class_names"] == ["squat", "walk"]
    assert (dataset.split == TEST).sum() == 4
    height = np.ptp(dataset.samples[10:, :, 2], axis=1) / bodies.SCALE
    stature = dataset.per_sample["stature"][10:]
    assert ((stature.min() >= 1.52) & (stature.max() <= 1.92)).all()
    # The ankle is the lowest joint: a walker is nearly as high as its stature.
    np.testing.assert_allclose(height / stature, 1, atol=0.08)
    assert np.linalg.norm(dataset.samples, axis=-1).max() < 0.55


def test_the_first_bodies_are_the_same_however_many_and_in_whatever_motions():
    few, many = read(motions=("walk",), count=3, points=64), read(motions=("bow", "walk"), count=5, points=64)
    np.testing.assert_array_equal(few.samples, many.samples[5:8])


def test_a_motion_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="no motion 'wlak'") as refused:
        read(motions=("wlak",))
    assert "walk" in refused.value.hint
