"""C3D files, read back by posectl's reader and by the package c3d."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from data.motion.walks import walk

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.motion.c3d import c3d_of
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, UnavailableError

pytest.importorskip("c3d")


def test_what_is_read_back_is_what_was_written(tmp_path):
    path = tmp_path / "out.c3d"
    path.write_bytes(c3d_of(walk(fps=50.0), 50.0))
    clip = read_clip(MotionFile(path), Options())
    np.testing.assert_allclose(clip.poses + clip.root[:, None], walk(fps=50.0), atol=1e-5)
    assert (clip.skeleton, clip.fps, clip.unit, clip.up) == ("h36m17", 50, "mm", "+z")


def test_points_are_in_millimetres_under_the_joints_names(tmp_path):
    import c3d

    path = tmp_path / "out.c3d"
    path.write_bytes(c3d_of(walk(), 30.0))
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = c3d.Reader(stream)
        frames = [points[:, :4] for _, points, _ in reader.read_frames()]
    assert [label.strip() for label in reader.point_labels] == list(H36M17.joints)
    assert (reader.point_rate, reader.get("POINT:UNITS").string_value.strip()) == (30, "mm")
    np.testing.assert_allclose(np.array(frames)[..., :3], 1000 * walk(), atol=1e-2)
    assert (np.array(frames)[..., 3] >= 0).all()  # a residual below 0 would say that a point is out of sight


def test_more_frames_than_the_format_counts_are_refused():
    with pytest.raises(InvalidInputError, match="holds 65,535 frames, and these are 65,536"):
        c3d_of(np.zeros((65536, 17, 3)), 30.0)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(UnavailableError, match="needs c3d") as raised:
        c3d_of(walk(frames=1), 30.0)
    assert "posectl[c3d]" in raised.value.hint
