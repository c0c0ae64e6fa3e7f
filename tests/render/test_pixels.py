"""Images as tiles: colours, enlargement, places."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.pixels import GAP, image_grid, scale_factor, to_pixels, upscale


def test_minus_one_is_black_one_is_white_and_what_lies_beyond_is_cut_off():
    image = np.array([[[-1.0, 1.0, 0.0], [-3.0, 2.0, 0.2]]], dtype=np.float32)
    tile = to_pixels(image, "x")
    np.testing.assert_array_equal(tile[..., 0], [[0, 255, 128], [0, 255, 153]])  # 127.5 (1 + 0.2) = 153
    assert (tile == tile[..., :1]).all()  # grey


def test_colours_stay_where_they_are():
    image = np.zeros((2, 3, 1, 2), dtype=np.float32)
    image[1, 0, 0, 1] = 1
    np.testing.assert_array_equal(to_pixels(image, "x")[1, 0, 1], [255, 128, 128])


def test_every_byte_comes_back():
    levels = np.arange(256, dtype=np.float32).reshape(1, 16, 16) / 127.5 - 1
    np.testing.assert_array_equal(to_pixels(levels, "x")[..., 0].ravel(), np.arange(256))


@pytest.mark.parametrize(("side", "times"), [(32, 3), (28, 3), (64, 2), (96, 1), (128, 1), (512, 1), (4, 24)])
def test_images_are_enlarged_by_a_whole_number_that_comes_nearest(side, times):
    assert scale_factor((3, side, side), 96) == times


def test_every_pixel_becomes_a_square():
    tile = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(upscale(tile, 3), np.kron(tile, np.ones((3, 3, 1), dtype=np.uint8)))


def test_tiles_stand_a_gap_apart():
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1) * np.ones((1, 1, 4, 5, 3), dtype=np.uint8)
    picture = image_grid(pixels)
    assert picture.shape == (2 * 4 + GAP, 3 * 5 + 2 * GAP, 3)
    for r, c in np.ndindex(2, 3):
        y, x = r * (4 + GAP), c * (5 + GAP)
        assert (picture[y : y + 4, x : x + 5] == 3 * r + c).all()
    assert (picture[4 : 4 + GAP] == theme.PAPER).all()
    assert (picture[:, 5 : 5 + GAP] == theme.PAPER).all()


@pytest.mark.parametrize(
    "images",
    [np.zeros((4, 4)), np.zeros((2, 4, 4)), np.zeros((0, 1, 4, 4)), np.zeros((1, 4, 4), dtype=np.uint8),
     np.full((1, 4, 4), np.nan)],
)  # fmt: skip
def test_what_is_no_image_is_refused_by_name(images):
    with pytest.raises(InvalidInputError, match="Row ACAI"):
        to_pixels(images, "Row ACAI")
