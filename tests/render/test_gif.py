"""GIF files, read back by imageio and block by block."""

from __future__ import annotations

import io
import struct

import imageio.v3 as iio
import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import gif
from posectl.render.body import Body
from posectl.render.gif import quantized, write_gif
from posectl.render.scene import draw_frames


def moving_square(count=6, colours=((250, 250, 250), (10, 90, 200))):
    frames = np.empty((count, 20, 30, 3), dtype=np.uint8)
    frames[...] = colours[0]
    for t in range(count):
        frames[t, 5:9, 3 * t : 3 * t + 4] = colours[1]
    return frames


def encoded(frames, fps=25.0):
    out = io.BytesIO()
    info = write_gif(out, frames, fps)
    return out.getvalue(), info


def decoded(data):
    """Frames as shown, and the milliseconds that each is shown for."""
    with iio.imopen(data, "r", plugin="pillow", extension=".gif") as file:
        shown = np.stack(list(file.iter(mode="RGB")))
        return shown, [file.metadata(index=t)["duration"] for t in range(len(shown))]


def blocks(data):
    """The flags of every image descriptor, and the delay of every graphic control, by walking the file."""
    position = 13 + 3 * (2 << (data[10] & 7))
    flags, delays = [], []

    def skip_chain(at):
        while data[at]:
            at += data[at] + 1
        return at + 1

    while data[position] != 0x3B:
        if data[position] == 0x21:
            if data[position + 1] == 0xF9:
                delays.append(struct.unpack_from("<H", data, position + 4)[0])
            position = skip_chain(position + 2)
        else:
            flags.append(data[position + 9])
            position = skip_chain(position + 11)
    assert position == len(data) - 1
    return flags, delays


def test_few_colours_come_back_exactly():
    frames = moving_square()
    shown, durations = decoded(encoded(frames)[0])
    np.testing.assert_array_equal(shown, frames)
    assert durations == [40] * 6


def test_every_frame_uses_the_one_palette(walk, body):
    data, _ = encoded(draw_frames([walk], body, size=96))
    assert data[10] & 0x80  # a global colour table
    flags, delays = blocks(data)
    assert len(flags) == len(walk)
    assert not any(flag & 0x80 for flag in flags)  # and no local one
    assert delays == [4] * len(walk)


def test_equal_frames_in_a_row_are_merged_and_their_time_is_kept():
    frames = moving_square()[[0, 0, 0, 1, 2, 2]]
    data, info = encoded(frames)
    shown, durations = decoded(data)
    assert durations == [120, 40, 80]
    assert sum(durations) == 1000 * info.duration_s == 240
    assert info.frames == 6
    np.testing.assert_array_equal(shown, frames[[0, 3, 4]])


def test_a_frame_shown_longer_than_the_format_can_say_is_repeated():
    frames = np.repeat(moving_square(1), 5, axis=0)
    data, info = encoded(frames, fps=1 / 300)  # 30,000 hundredths each; at most 65,535 fit
    _, delays = blocks(data)
    assert delays == [60000, 30000, 60000]
    assert info.duration_s == 1500
    np.testing.assert_array_equal(decoded(data)[0], np.repeat(frames[:1], 3, axis=0))


@pytest.mark.parametrize(("fps", "longest"), [(1 / 600, 1), (1 / 200, 3), (1 / 80, 8)])
def test_no_frame_is_shown_longer_than_the_format_can_say(fps, longest):
    frames = np.repeat(moving_square(3), 10, axis=0)
    data, info = encoded(frames, fps)
    _, delays = blocks(data)
    assert 100 * info.duration_s == sum(delays)
    assert max(delays) == pytest.approx(longest * 100 / fps)
    shown, _ = decoded(data)
    starts = np.cumsum([0, *delays[:-1]]) * fps / 100
    np.testing.assert_array_equal(shown, frames[np.rint(starts).astype(int)])


@pytest.mark.parametrize("asked", [25, 30, 24, 29.97, 10, 9.7, 12.5, 0.5, 33.333, 47, 48, 50])
def test_every_frame_begins_at_the_hundredth_nearest_to_its_time(asked):
    film = moving_square()[np.arange(40) % 6]
    data, info = encoded(film, asked)
    shown, durations = decoded(data)
    np.testing.assert_array_equal(shown, film)
    starts = np.cumsum([0, *durations]) / 1000
    assert np.abs(starts - np.arange(41) / asked).max() <= 0.005 + 1e-9
    assert min(durations) >= 20  # a browser takes less for 100
    assert (info.real_fps, info.frames) == (asked, 40)
    assert info.duration_s == pytest.approx(starts[-1])


@pytest.mark.parametrize(
    ("asked", "every", "rate"),
    [(60, 2, 30), (59.94, 2, 29.97), (100, 2, 50), (120, 3, 40), (240, 5, 48), (1000, 20, 50)],
)
def test_of_more_than_50_a_second_every_second_third_or_further_frame_is_shown(asked, every, rate):
    film = moving_square()[np.arange(600) % 6]
    film[:, 0, :20] = (np.arange(600)[:, None] >> np.arange(20) & 1)[..., None] * 200  # no two are equal
    data, info = encoded(film, asked)
    shown, durations = decoded(data)
    np.testing.assert_array_equal(shown, film[::every])
    assert min(durations) >= 20
    assert sum(durations) / 1000 == pytest.approx(600 / asked, abs=0.006)
    assert info.real_fps == pytest.approx(rate)
    assert info.frames == len(film[::every])


def test_a_rate_that_is_50_but_for_rounding_drops_nothing():
    info = encoded(moving_square(), float(np.float32(1) / np.float32(0.0199999)))[1]
    assert (info.real_fps, info.frames) == (50, 6)


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf"), 1e-5])
def test_rates_that_no_gif_has_are_refused(fps):
    with pytest.raises(UsageError):
        encoded(moving_square(), fps)


def test_it_loops_for_ever():
    assert iio.immeta(encoded(moving_square())[0], plugin="pillow", extension=".gif")["loop"] == 0


def test_equal_frames_give_equal_bytes(walk, body):
    first, second = (encoded(draw_frames([walk], body, size=96))[0] for _ in range(2))
    assert first == second


def test_many_colours_come_back_nearly(walk, body):
    frames = draw_frames([walk], body, size=160, labels=["walk"])
    assert len(np.unique(frames.reshape(-1, 3), axis=0)) > gif.COLOURS
    shown, _ = decoded(encoded(frames)[0])
    apart = np.abs(shown.astype(int) - frames)
    assert apart.max() <= 24
    assert np.square(apart).mean() < 1
    ground = frames[0, 0, 0]
    assert (shown[(frames == ground).all(-1)] == ground).all()


@pytest.mark.parametrize("kind", ["grey", "close", "far"])
def test_colours_that_fit_into_the_palette_come_back_exactly(kind):
    random = np.random.default_rng(2)
    if kind == "grey":
        colours = np.arange(gif.COLOURS, dtype=np.uint8)[:, None].repeat(3, 1)
    elif kind == "close":
        colours = np.stack(np.unravel_index(np.arange(125), (5, 5, 5)), -1).astype(np.uint8)
    else:
        colours = random.integers(0, 256, (gif.COLOURS, 3), dtype=np.uint8)
    frames = colours[random.integers(0, len(colours), (12, 40, 50))]
    np.testing.assert_array_equal(decoded(encoded(frames)[0])[0], frames)


def test_many_colours_are_mapped_to_the_nearest_of_the_palette():
    frames = np.random.default_rng(5).integers(0, 256, (3, 31, 17, 3), dtype=np.uint8)
    indices, palette = quantized(frames)
    assert len(palette) == gif.COLOURS
    apart = np.square(frames[..., None, :].astype(int) - palette).sum(-1)
    found = np.take_along_axis(apart, indices[..., None].astype(int), -1)[..., 0]
    # k-means moves the palette once more when it has given out the colours.
    assert (found == apart.min(-1)).mean() > 0.98
    assert found.sum() < 1.01 * apart.min(-1).sum()


def test_what_does_not_change_costs_next_to_nothing():
    still = np.random.default_rng(1).integers(0, 100, (1, 64, 64, 1), dtype=np.uint8).repeat(3, -1)
    frames = still.repeat(20, axis=0)
    frames[:, 0, 0, 0] = np.arange(20)
    assert len(encoded(frames)[0]) - len(encoded(still)[0]) < 20 * 40


def test_info_tells_the_bytes(tmp_path):
    info = write_gif(tmp_path / "a.gif", moving_square(), 25)
    assert info.bytes == (tmp_path / "a.gif").stat().st_size
    assert (tmp_path / "a.gif").read_bytes() == encoded(moving_square())[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a.gif"]


def test_one_frame_makes_a_gif():
    shown, _ = decoded(encoded(moving_square(1))[0])
    np.testing.assert_array_equal(shown, moving_square(1))


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((2, 4, 4), np.uint8),
        np.zeros((2, 4, 4, 3)),
        np.zeros((1, 0, 4, 3), "u1"),
    ],
)
def test_what_is_no_film_is_refused_and_leaves_no_file(tmp_path, frames):
    with pytest.raises(InvalidInputError):
        write_gif(tmp_path / "a.gif", frames, 25)
    assert not list(tmp_path.iterdir())


def test_a_picture_wider_than_the_format_is_refused():
    with pytest.raises(UsageError, match="70000"):
        write_gif(io.BytesIO(), np.zeros((1, 1, 70000, 3), np.uint8), 25)


def test_three_panels_of_real_motion_stay_under_500_kb(test_data):
    poses = np.load(test_data / "poses" / "cmu17_tiny_train.npz")
    start = poses["clip_start"]
    clips = [poses["positions"][start[i] : start[i] + 64] for i in (0, 4, 9)]
    body = Body(poses["parents"].tolist(), poses["left"].tolist(), poses["right"].tolist(), "+z")
    data, _ = encoded(draw_frames(clips, body, size=300, labels=["AE", "ACAI λ = 0.1", "ACAI λ = 0.3"]))
    assert len(data) < 500_000
