"""Sequences to look at: in real time, and with the alpha and the model they came from."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest

from posectl.data.readers.mannequin import read
from posectl.stages.drawing import poses as drawing
from posectl.stages.options import RenderOptions
from posectl.stages.render import render
from posectl.stages.run import Run


@pytest.fixture
def told():
    return []


@pytest.fixture
def run(tmp_path, told):
    return Run(store=tmp_path / "artifacts", tell=told.append)


@pytest.fixture(scope="module")
def motion():
    """(60, 17, 3): a mannequin that moves in every frame."""
    return read([], subjects=2, seconds=2.0, fps=30, seed=1).samples[:60]


def publish(run, kind, name, about, **arrays):
    with run.artifacts.draft(kind, name) as draft:
        for key, array in arrays.items():
            draft.put(key.replace("__", "/"), array, tuple(f"{key}_{i}" for i in range(array.ndim)))
        draft.record(about=about)
        return draft.publish()


def publish_clips(run, name, motion, rates):
    """A dataset of clips as long as `motion`, at these rates."""
    count = len(rates)
    return publish(
        run, "dataset", name, {"kind": "poses", "up": "+z"}, samples=np.concatenate([motion] * count),
        clips__start=np.arange(count) * len(motion), clips__length=np.full(count, len(motion)),
        clips__name=np.array([f"clip{i}" for i in range(count)]), clips__fps=np.array(rates, np.float32),
    )  # fmt: skip


def publish_path(run, name, path):
    return publish(run, "paths", name, {"samples": {"kind": "poses", "up": "+z"}, "label": name}, paths=path[None])


def seconds_of(path):
    with iio.imopen(path, "r", plugin="pillow") as file:
        return sum(file.metadata(index=t)["duration"] for t in range(file.properties(index=...).n_images)) / 1000


@pytest.fixture
def drawn(monkeypatch):
    """What the drawing of films and sheets is given."""
    seen = {}

    def keep(name):
        original = getattr(drawing, name)

        def call(sequences, body, **options):
            seen.update(options, sequences=sequences)
            return original(sequences, body, **options)

        monkeypatch.setattr(drawing, name, call)

    keep("draw_frames")
    keep("draw_sheet")
    return seen


@pytest.mark.parametrize(
    ("fps", "stored", "frames"),
    [(100, 50, 30), (60, 30, 30), (30, 30, 60), (24, 24, 60), (12.5, 12.5, 60), (240, 48, 12)],
)
def test_a_clip_plays_in_real_time_and_that_is_told(run, tmp_path, motion, told, fps, stored, frames):
    publish_clips(run, "d", motion, [fps])
    info = render(run, ["d#clip0"], tmp_path / "a.gif", RenderOptions(size=64))
    assert seconds_of(tmp_path / "a.gif") == pytest.approx(60 / fps, abs=0.006)
    assert (info["real_fps"], info["frames"], info["speed"]) == pytest.approx((stored, frames, 1), rel=0.01)
    assert told[-1].startswith("a.gif lasts ")
    assert told[-1].endswith("real time.")
    assert ("60 frames: a GIF holds no more than 50 a second" in told[-1]) == (frames < 60)


def test_another_rate_is_slow_motion_and_that_is_told(run, tmp_path, motion, told):
    publish_clips(run, "d", motion, [100])
    info = render(run, ["d#clip0"], tmp_path / "a.gif", RenderOptions(size=64, fps=25))
    assert seconds_of(tmp_path / "a.gif") == pytest.approx(2.4)
    assert info["speed"] == pytest.approx(0.25)
    assert told == ["a.gif lasts 2.4 s, at 25 frames a second; 0.25 times real time."]


def test_an_mp4_has_the_clips_own_rate(run, tmp_path, motion):
    pytest.importorskip("imageio_ffmpeg")
    publish_clips(run, "d", motion, [120])
    info = render(run, ["d#clip0"], tmp_path / "a.mp4", RenderOptions(size=64))
    about = iio.immeta(tmp_path / "a.mp4", plugin="FFMPEG")
    assert (about["fps"], info["speed"], info["frames"]) == (120, 1, 60)
    assert about["duration"] == pytest.approx(0.5)


def test_clips_of_different_rates_keep_time_side_by_side(run, tmp_path, motion, drawn):
    publish_clips(run, "d", motion, [50, 25])
    info = render(run, ["d#clip0", "d#clip1"], tmp_path / "a.gif", RenderOptions(size=64))
    assert info["duration_s"] == pytest.approx(60 / 25)
    fast, slow = drawn["sequences"]
    np.testing.assert_array_equal(fast, motion)
    np.testing.assert_array_equal(slow, motion.repeat(2, axis=0))


def test_a_path_has_no_clock_and_25_frames_a_second(run, tmp_path, motion, told):
    publish_path(run, "p", motion)
    info = render(run, ["p"], tmp_path / "a.gif", RenderOptions(size=64))
    assert (info["real_fps"], info["duration_s"], info["speed"]) == (25, 2.4, None)
    assert told == ["a.gif lasts 2.4 s, at 25 frames a second."]


def test_a_clip_whose_rate_is_not_known_has_no_clock(run, tmp_path, motion):
    publish_clips(run, "d", motion, [0])
    assert render(run, ["d#clip0"], tmp_path / "a.gif", RenderOptions(size=64))["speed"] is None


def test_films_of_paths_of_different_lengths_have_one_alpha(run, tmp_path, motion, drawn):
    publish_path(run, "long", motion[:9])
    publish_path(run, "short", motion[:5])
    render(run, ["long", "short"], tmp_path / "a.gif", RenderOptions(size=64))
    assert drawn["captions"] == [f"α = {i / 8:.2f}" for i in range(9)]
    assert len(drawn["sequences"][1]) == 9
    np.testing.assert_array_equal(drawn["sequences"][1][::4], motion[[0, 2, 4]])
    assert drawn["labels"] == ["long:v1", "short:v1"]


def test_a_sheet_of_paths_bears_their_alpha_and_their_model(run, tmp_path, motion, drawn):
    publish_path(run, "p", motion[:11])
    render(run, ["p"], tmp_path / "a.png", RenderOptions(columns=6))
    assert drawn["column_labels"] == ["α = 0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert drawn["row_labels"] == ["p:v1"]
    render(run, ["p"], tmp_path / "b.png", RenderOptions(labels=("plain",)))
    assert drawn["row_labels"] == ["plain"]
    assert drawn["column_labels"][:3] == ["α = 0", "0.1", "0.2"]


def test_a_clip_alone_has_neither_alpha_nor_a_model(run, tmp_path, motion, drawn):
    publish_clips(run, "d", motion, [30])
    render(run, ["d#clip0"], tmp_path / "a.png")
    assert (drawn["column_labels"], drawn["row_labels"]) == ([], [])


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_film_of_a_block_shows_all_its_rows(run, tmp_path, motion, drawn, suffix):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")
    block = motion[:9].reshape(3, 3, 17, 3)
    about = {"grid": 3, "samples": {"kind": "poses", "up": "+z"}}
    publish(run, "paths", "block", about, paths=block)
    render(run, ["block"], tmp_path / f"a{suffix}", RenderOptions(size=64))
    np.testing.assert_array_equal(drawn["sequences"], block)
    assert drawn["captions"] == ["α = 0.00", "α = 0.50", "α = 1.00"]
