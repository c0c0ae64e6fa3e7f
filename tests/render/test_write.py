"""Pictures and films by suffix."""

from __future__ import annotations

import sys

import imageio.v3 as iio
import numpy as np
import pytest

from posectl.errors import InvalidInputError, UnavailableError, UsageError
from posectl.render.mp4 import write_mp4
from posectl.render.write import write, write_png


@pytest.fixture
def frames():
    """(12, 33, 47, 3): a bar that moves over a plain ground; odd sides."""
    film = np.full((12, 33, 47, 3), 240, dtype=np.uint8)
    for t in range(12):
        film[t, :, 3 * t : 3 * t + 8] = (0, 114, 178)
    return film


def test_a_png_comes_back_exactly(tmp_path, frames):
    info = write_png(tmp_path / "a.png", frames[3])
    np.testing.assert_array_equal(iio.imread(tmp_path / "a.png"), frames[3])
    assert info.bytes == (tmp_path / "a.png").stat().st_size
    assert (info.frames, info.duration_s) == (1, 0)


def test_the_suffix_decides(tmp_path, frames):
    write(tmp_path / "a.GIF", frames, 25)
    write(tmp_path / "b.png", frames[0])
    write(tmp_path / "c.png", frames[:1])
    write(tmp_path / "d.gif", frames[0])
    expected = {"a.GIF": (b"GIF89a", 12), "b.png": (b"\x89PNG", 1), "c.png": (b"\x89PNG", 1), "d.gif": (b"GIF89a", 1)}
    for name, (magic, count) in expected.items():
        data = (tmp_path / name).read_bytes()
        assert data.startswith(magic)
        assert iio.improps(data, index=...).n_images == count


@pytest.mark.parametrize("name", ["a.avi", "a", "a.gif.zip"])
def test_another_suffix_is_refused_with_the_known_ones(tmp_path, frames, name):
    with pytest.raises(UsageError) as error:
        write(tmp_path / name, frames, 25)
    assert ".gif, .mp4, .pdf, .png, .svg" in error.value.hint
    assert not list(tmp_path.iterdir())


def test_a_png_of_several_frames_is_refused(tmp_path, frames):
    with pytest.raises(InvalidInputError, match="12 frames"):
        write(tmp_path / "a.png", frames)


def test_an_mp4_has_the_frames_the_rate_and_nearly_the_colours(tmp_path, frames):
    pytest.importorskip("imageio_ffmpeg")
    path = tmp_path / "a.mp4"
    info = write(path, frames, 30)
    about, film = iio.immeta(path, plugin="FFMPEG"), iio.imread(path, plugin="FFMPEG")
    assert about["codec"] == "h264"
    assert about["fps"] == 30
    assert film.shape == (12, 34, 48, 3)  # the next even sides
    assert np.abs(film[:, :33, :47].astype(int) - frames).mean() < 6
    assert (info.real_fps, info.frames, info.bytes) == (30, 12, path.stat().st_size)
    assert info.duration_s == pytest.approx(0.4)


def test_an_mp4_is_the_same_bytes_each_time(tmp_path, frames):
    pytest.importorskip("imageio_ffmpeg")
    write_mp4(tmp_path / "a.mp4", frames, 25)
    write_mp4(tmp_path / "b.mp4", frames, 25)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_without_ffmpeg_the_extra_is_named(tmp_path, frames, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.delitem(sys.modules, "imageio.plugins.ffmpeg", raising=False)
    with pytest.raises(UnavailableError) as error:
        write(tmp_path / "a.mp4", frames, 25)
    assert "pip install 'posectl[video]'" in error.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_an_mp4_needs_a_rate(tmp_path, frames, fps):
    pytest.importorskip("imageio_ffmpeg")
    with pytest.raises(UsageError):
        write_mp4(tmp_path / "a.mp4", frames, fps)
