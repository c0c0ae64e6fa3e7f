"""Films of images: what each frame shows."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import theme
from posectl.render.animation import draw_animation
from posectl.render.tiles import as_tiles, enlarged
from posectl.render.titled import MARGIN, TEXT_SIZE


def sequence(frames, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (frames, 1, 4, 4)).astype(np.float32)


def ink(part):
    return int((np.abs(part.astype(int) - theme.PAPER).sum(-1) > 100).sum())


def test_each_frame_shows_its_images_side_by_side_and_the_shorter_holds():
    first, second = sequence(5), sequence(3, seed=1)
    frames = draw_animation([first, second], size=12)
    assert frames.shape == (5, 12 + 2 * MARGIN, 2 * 12 + 3 * MARGIN, 3)
    for t in range(5):
        for left, image in ((MARGIN, first[t]), (2 * MARGIN + 12, second[min(t, 2)])):
            shown = frames[t, MARGIN : MARGIN + 12, left : left + 12]
            np.testing.assert_array_equal(shown, enlarged(as_tiles(image, ""), 3))


def test_labels_stay_and_captions_change():
    frames = draw_animation([sequence(2)], labels=["ACAI"], captions=["α = 0", "α = 1"], size=80)
    head, foot = frames[:, : MARGIN + 2 * TEXT_SIZE], frames[:, -TEXT_SIZE - MARGIN :]
    assert ink(head[0]) > 10
    np.testing.assert_array_equal(head[0], head[1])
    assert ink(foot[0]) > 10
    assert (foot[0] != foot[1]).any()


def test_five_films_stand_in_two_rows():
    frames = draw_animation([sequence(1)] * 5, size=4)
    assert frames.shape[1:3] == (2 * 4 + 3 * MARGIN, 3 * 4 + 4 * MARGIN)


def test_nothing_to_show_and_words_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError):
        draw_animation([])
    with pytest.raises(UsageError, match="1 captions for 2 frames"):
        draw_animation([sequence(2)], captions=["a"])
