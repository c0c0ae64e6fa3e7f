"""Keypoints in images: their joints, confidences and cameras."""

import json

import numpy as np
import pytest

from posectl.data.keypoints import are_keypoints, read_camera, read_keypoints
from posectl.errors import InvalidInputError


def keypoints(confidence=0.5, count=3):
    places = np.random.default_rng(0).uniform(0, 600, (count, 17, 2)).astype(np.float32)
    return np.concatenate([places, np.full((count, 17, 1), confidence, np.float32)], axis=-1)


def test_keypoints_are_told_from_poses():
    assert are_keypoints(keypoints())
    assert are_keypoints(keypoints()[..., :2])
    assert not are_keypoints(np.random.default_rng(0).normal(size=(3, 17, 3)))


def test_coco_joints_are_where_coco_has_them_and_as_sure_as_the_least_sure_of_their_parts():
    given = keypoints()
    given[:, 5, 2], given[0, 9, 2], given[1, 10, :2] = 0.25, 0, np.nan
    places, weights = read_keypoints(given, "coco17", "x")
    assert np.allclose(places[:, 4], given[:, 11, :2])  # the left hip
    assert np.allclose(places[:, 0], given[:, [11, 12], :2].mean(axis=1), atol=1e-3)
    assert np.allclose(weights[:, 8], 0.25)  # the thorax, of both shoulders
    assert weights[0, 13] == 0
    assert weights[1, 16] == 0
    assert np.isfinite(places).all()


def test_without_confidences_all_are_known():
    assert (read_keypoints(keypoints()[..., :2], "h36m17", "x")[1] == 1).all()


@pytest.mark.parametrize("confidence", [1.5, -0.1, 87.0])
def test_confidences_beyond_one_are_refused(confidence):
    with pytest.raises(InvalidInputError, match="confidences"):
        read_keypoints(keypoints(confidence), "coco17", "x")


def test_a_camera_is_read_with_its_rotation(tmp_path):
    K, R = [[500, 0, 250], [0, 510, 260], [0, 0, 1]], [[0, -1, 0], [0, 0, -1], [1, 0, 0]]
    (tmp_path / "c.json").write_text(json.dumps({"K": K, "R": R}))
    np.save(tmp_path / "c.npy", np.array(K, float))
    read = read_camera(tmp_path / "c.json")
    assert np.array_equal(read[0], K)
    assert np.array_equal(read[1], R)
    assert read_camera(tmp_path / "c.npy")[1] is None


@pytest.mark.parametrize("content", [{}, [], {"K": [[1, 2], [3, 4]]}, {"K": "x"}, {"K": np.eye(3).tolist(), "R": 1},
                                     {"K": np.eye(3).tolist(), "R": (2 * np.eye(3)).tolist()}])  # fmt: skip
def test_what_is_no_camera_is_refused(tmp_path, content):
    (tmp_path / "c.json").write_text(json.dumps(content))
    with pytest.raises(InvalidInputError):
        read_camera(tmp_path / "c.json")
