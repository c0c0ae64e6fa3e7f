"""Blocks: every tile in its place, blocks side by side under their titles."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.render import blocks, theme
from posectl.render.tiles import GAP, as_tiles, enlarged
from posectl.render.titled import MARGIN, TEXT_SIZE


def draw_blocks(*arguments, **options):
    return blocks.draw_blocks(*arguments, **options).pixels()


def block(n=8, side=4, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, n, 3, side, side)).astype(np.float32)


def test_all_tiles_of_a_block_stand_where_they_belong():
    images = block()
    page = draw_blocks([images], size=8)
    step = 8 + GAP
    assert page.shape == (8 * step - GAP + 2 * MARGIN, 8 * step - GAP + 2 * MARGIN, 3)
    for r, c in np.ndindex(8, 8):
        y, x = MARGIN + r * step, MARGIN + c * step
        np.testing.assert_array_equal(page[y : y + 8, x : x + 8], enlarged(as_tiles(images[r, c], ""), 2))


def test_blocks_stand_side_by_side_under_their_titles():
    blocks = [block(n=8, seed=i) for i in range(4)]
    page = draw_blocks(blocks, titles=["cross-fade", "plain", "ACAI", "AEAI"], size=4)
    side = 8 * (4 + GAP) - GAP
    down, across = side + 2 * TEXT_SIZE + MARGIN, side + MARGIN
    for i, images in enumerate(blocks):  # two rows of two
        top, left = MARGIN + i // 2 * down, MARGIN + i % 2 * across
        title = page[top : top + 2 * TEXT_SIZE, left : left + side]
        assert (np.abs(title.astype(int) - theme.PAPER).sum(-1) > 150).sum() > 10
        corner = page[top + 2 * TEXT_SIZE : top + 2 * TEXT_SIZE + 4, left : left + 4]
        np.testing.assert_array_equal(corner, as_tiles(images[0, 0], ""))
        end = page[top + 2 * TEXT_SIZE + side - 4 : top + 2 * TEXT_SIZE + side, left + side - 4 : left + side]
        np.testing.assert_array_equal(end, as_tiles(images[-1, -1], ""))


def test_blocks_of_different_shapes_are_refused():
    with pytest.raises(InvalidInputError, match=r"\(4, 4\) and \(8, 8\)"):
        draw_blocks([block(4), block(8)])
    with pytest.raises(InvalidInputError):
        draw_blocks([block()[0]])
