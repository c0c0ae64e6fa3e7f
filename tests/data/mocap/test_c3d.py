"""C3D files: labels, rate, unit, markers out of sight, and damage."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
import pytest
from data.mocap.c3dfile import write_c3d

from posectl.data.mocap.c3d import read_c3d
from posectl.data.mocap.kinematics import forward
from posectl.errors import InvalidInputError, PosectlError, UnavailableError

pytest.importorskip("c3d")

LABELS = ["Ann:LASI", "Ann:RASI", "Ann:C7", "*12", ""]


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 800, (60, 5, 3)).astype(np.float32)


def places(recording) -> np.ndarray:
    """All points in all frames."""
    return forward(recording, recording.local(np.arange(recording.frames)))[0]


def test_points_rate_unit_and_labels_are_the_files(tmp_path: Path, points: np.ndarray) -> None:
    (recording,) = read_c3d(write_c3d(tmp_path / "a.c3d", points, LABELS, 120.0))
    assert (recording.fps, recording.unit, recording.frames) == (120, "mm", 60)
    assert recording.names == ("Ann:LASI", "Ann:RASI", "Ann:C7", "*12", "point 5")
    np.testing.assert_array_equal(places(recording), points)


@pytest.mark.parametrize("hidden", [np.nan, 0.0])
def test_markers_out_of_sight_are_bridged_for_a_tenth_of_a_second(
    tmp_path: Path, points: np.ndarray, hidden: float
) -> None:
    """By a residual below 0, and by zeros in the place of the marker, as some programs write it."""
    broken = points.copy()
    broken[10:22, 1], broken[30:45, 2] = hidden, hidden
    (recording,) = read_c3d(write_c3d(tmp_path / "a.c3d", broken, LABELS, 120.0))
    seen = np.ones((60, 5), bool)
    seen[30:45, 2] = False
    np.testing.assert_array_equal(recording.seen, seen)
    t = np.arange(1, 13)[:, None] / 13
    np.testing.assert_allclose(places(recording)[10:22, 1], (1 - t) * points[9, 1] + t * points[22, 1], rtol=1e-5)
    assert "in 12 frames" in recording.warnings[0]


def test_files_that_are_none_or_cut_short_are_refused(tmp_path: Path, points: np.ndarray) -> None:
    path = write_c3d(tmp_path / "a.c3d", points, LABELS, 120.0)
    whole = path.read_bytes()
    for content, says in (
        (whole[: len(whole) // 2], "cut short: .* of its 60 frames"),
        (b"", "no C3D file"),
        (b"<html>", "no C3D file"),
        (whole[:700], "C3D file"),
    ):
        path.write_bytes(content)
        with pytest.raises(InvalidInputError, match=says) as caught:
            read_c3d(path)
        assert caught.value.hint


def test_every_damaged_file_is_an_expected_error(tmp_path: Path, points: np.ndarray) -> None:
    path = write_c3d(tmp_path / "a.c3d", points[:5], LABELS, 120.0)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for at in rng.integers(len(whole), size=300):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.integers(8)
        path.write_bytes(damaged if at % 3 else whole[:at])
        with contextlib.suppress(PosectlError):
            read_c3d(path)


def test_without_the_package_the_extra_is_named(
    tmp_path: Path, points: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(UnavailableError) as caught:
        read_c3d(write_c3d(tmp_path / "a.c3d", points, LABELS, 120.0))
    assert "pip install 'posectl[c3d]'" in caught.value.hint
