"""Rows of images: what stands where."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import rows, theme
from posectl.render.rows import GROUP_GAP
from posectl.render.tiles import GAP, as_tiles, enlarged
from posectl.render.titled import TEXT_SIZE


def draw_rows(*arguments, **options):
    return rows.draw_rows(*arguments, **options).pixels()


def images(count, side=4, channels=1, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, channels, side, side)).astype(np.float32)


def tile(page, left, top, side):
    return page[top : top + side, left : left + side]


def ink(part):
    return int((np.abs(part.astype(int) - theme.PAPER).sum(-1) > 150).sum())


def test_every_image_stands_crisp_in_its_row_and_column():
    rows = [images(3), images(2, seed=1)]
    page = draw_rows(rows, size=12)
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            shown = tile(page, TEXT_SIZE + c * (12 + GAP), TEXT_SIZE + r * (12 + GAP), 12)
            np.testing.assert_array_equal(shown, enlarged(as_tiles(image, ""), 3))
    missing = tile(page, TEXT_SIZE + 2 * (12 + GAP), TEXT_SIZE + 12 + GAP, 12)
    assert (missing == theme.PAPER).all()


def test_colour_stands_beside_grey():
    colour, grey = images(2, channels=3), images(2)
    page = draw_rows([colour, grey], size=4)
    np.testing.assert_array_equal(tile(page, TEXT_SIZE, TEXT_SIZE, 4), as_tiles(colour[0], ""))


def test_labels_stand_at_the_left_and_above():
    rows = [images(3, side=24)] * 2
    bare = draw_rows(rows, size=48)
    page = draw_rows(rows, row_labels=["cross-fade", "ACAI"], column_labels=["α = 0", "0.5", "1"], size=48)
    left, top = page.shape[1] - bare.shape[1], page.shape[0] - bare.shape[0]
    assert left > 0
    assert top == TEXT_SIZE
    np.testing.assert_array_equal(page[top + TEXT_SIZE :, left + TEXT_SIZE :], bare[TEXT_SIZE:, TEXT_SIZE:])
    for r in range(2):
        assert ink(page[top + TEXT_SIZE + r * 50 : top + TEXT_SIZE + r * 50 + 48, : left + TEXT_SIZE - 2]) > 20
    for c in range(3):
        assert ink(page[: 2 * TEXT_SIZE - 2, left + TEXT_SIZE + c * 50 : left + TEXT_SIZE + c * 50 + 48]) > 5


def test_groups_stand_apart():
    row = images(2)
    page = draw_rows([row, row, row], begins=[0, 2], size=4)
    third = TEXT_SIZE + 2 * (4 + GAP) + GROUP_GAP
    np.testing.assert_array_equal(tile(page, TEXT_SIZE, third, 4), as_tiles(row[0], ""))
    assert (page[third - GROUP_GAP : third] == theme.PAPER).all()


@pytest.mark.parametrize("count", [1, 100])
def test_one_image_or_a_hundred_make_a_row(count):
    page = draw_rows([images(count)], size=4)
    assert page.shape == (4 + 2 * TEXT_SIZE, count * (4 + GAP) - GAP + 2 * TEXT_SIZE, 3)


def test_images_of_different_sizes_are_told_with_their_rows():
    with pytest.raises(InvalidInputError, match=r"4 x 4 \(a\), 8 x 8 \(b\)"):
        draw_rows([images(2), images(2, side=8)], row_labels=["a", "b"])


def test_labels_that_do_not_fit_and_no_rows_are_refused():
    with pytest.raises(UsageError, match="1 row labels for 2 rows"):
        draw_rows([images(2)] * 2, row_labels=["a"])
    with pytest.raises(InvalidInputError):
        draw_rows([])
