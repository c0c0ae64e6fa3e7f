"""SMPL's 22 joints of 17, against SMPL's own rest pose, and HumanML3D's conventions."""

from __future__ import annotations

import numpy as np
import pytest
from data.motion.walks import J, walk

from posectl.data.layouts import layout, to_h36m
from posectl.data.motion.smpl22 import humanml3d_of, smpl_of
from posectl.data.motion.turns import recording_of

# SMPL's joints of the mean shape in its rest pose, y up (mocap rigs of it carry the same numbers).
REST = np.array(
    [(-0.0018, -0.2233, 0.0282), (0.0677, -0.3147, 0.0214), (-0.0695, -0.3139, 0.0239), (-0.0043, -0.1144, 0.0015),
     (0.1020, -0.6899, 0.0169), (-0.1078, -0.6964, 0.0150), (0.0012, 0.0208, 0.0026), (0.0884, -1.0879, -0.0268),
     (-0.0920, -1.0948, -0.0273), (0.0026, 0.0737, 0.0280), (0.1148, -1.1437, 0.0925), (-0.1174, -1.1430, 0.0961),
     (-0.0002, 0.2876, -0.0148), (0.0815, 0.1955, -0.0060), (-0.0791, 0.1926, -0.0106), (0.0050, 0.3526, 0.0365),
     (0.1724, 0.2260, -0.0149), (-0.1752, 0.2251, -0.0197), (0.4320, 0.2132, -0.0424), (-0.4289, 0.2118, -0.0411),
     (0.6813, 0.2222, -0.0435), (-0.6842, 0.2196, -0.0467)]
)  # fmt: skip
NAMES = layout("smpl22").names


def test_the_rest_pose_comes_back():
    """Through the 17 joints and back: those that they hold exactly, the others, which they do not tell, nearly."""
    z_up = np.stack([REST[:, 0], -REST[:, 2], REST[:, 1]], axis=-1)[None]
    seventeen = to_h36m(z_up, "smpl22")
    back = smpl_of(recording_of(seventeen, 30), seventeen)
    off = dict(zip(NAMES, 1000 * np.linalg.norm(back - z_up, axis=-1)[0], strict=True))
    guessed = {"spine1", "spine3", "left_collar", "right_collar", "left_foot", "right_foot"}
    assert max(off[name] for name in set(NAMES) - guessed) < 1e-6
    assert max(off[name] for name in guessed) < 30


def test_joints_that_17_have_are_theirs():
    poses = walk()
    back = to_h36m(smpl_of(recording_of(poses, 30), poses), "smpl22")
    same = [joint for name, joint in J.items() if name != "Head"]
    np.testing.assert_allclose(back[:, same], poses[:, same], atol=1e-12)


@pytest.mark.parametrize(("fps", "frames"), [(20.0, 60), (30.0, 40), (60.0, 20), (25.0, 48)])
def test_humanml3d_has_20_frames_a_second(fps, frames):
    joints = humanml3d_of(recording_of(walk(fps=fps), fps))
    assert joints.shape == (frames, 22, 3)
    assert joints.dtype == np.float32
    # The walk goes 1.2 m a second, along z.
    assert joints[-1, 0, 2] == pytest.approx(1.2 * (frames - 1) / 20, abs=0.02)


def test_humanml3d_begins_at_the_origin_and_looks_along_z_with_y_up():
    poses = walk() @ np.array([(0, 1, 0), (-1, 0, 0), (0, 0, 1)])  # turned to the left, and away from the origin
    joints = humanml3d_of(recording_of(poses + np.array((3, 4, 5)), 20.0))
    at = dict(zip(NAMES, joints.swapaxes(0, 1), strict=True))
    np.testing.assert_allclose(at["pelvis"][0, [0, 2]], 0, atol=1e-6)
    assert joints[..., 1].min() == pytest.approx(0, abs=1e-6)
    assert (at["left_hip"][0] - at["right_hip"][0])[0] == pytest.approx(0.24, abs=1e-3)
    assert (at["left_foot"][:, 2] > at["left_ankle"][:, 2]).all()
    assert at["head"][0, 1] > at["neck"][0, 1] > at["pelvis"][0, 1] > 0.8
