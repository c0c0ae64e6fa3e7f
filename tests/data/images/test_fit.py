"""Cropping, padding, resizing and greying, against what each is by definition."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.images.fit import fit
from posectl.data.images.request import Request
from posectl.data.images.size import check_size
from posectl.errors import UsageError

RNG = np.random.default_rng(0)


def images(channels: int, height: int, width: int) -> np.ndarray:
    return RNG.uniform(-1, 1, (3, channels, height, width)).astype(np.float32)


def test_whole_multiples_are_averaged_block_by_block() -> None:
    large, request = images(3, 64, 64), Request(size=16)
    blocks = large.reshape(3, 3, 16, 4, 16, 4).astype(np.float64).mean(axis=(3, 5))
    np.testing.assert_allclose(fit(large, request, "x"), blocks, atol=1e-6)
    assert request.steps == ["resized from 64x64 by averaging"]


@pytest.mark.parametrize(("side", "size"), [(100, 32), (20, 64), (33, 16)])
def test_any_other_size_keeps_planes_as_planes(side: int, size: int) -> None:
    """A ramp stays the same ramp, but for the border, which has no neighbours on one side."""
    ramp = np.broadcast_to((np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1, (1, 1, side, side))
    resized = fit(ramp, Request(size=size), "x")[0, 0]
    expected = (np.arange(size) + 0.5) / size * 2 - 1
    inner = slice(3, -3)
    np.testing.assert_allclose(resized[:, inner], np.broadcast_to(expected, (size, size))[:, inner], atol=0.01)


def test_resizing_stays_in_range() -> None:
    extreme = np.sign(images(1, 48, 48))
    resized = fit(extreme, Request(size=32), "x")
    assert resized.min() >= -1
    assert resized.max() <= 1


def test_28_pixels_become_32_by_a_black_border() -> None:
    small, request = images(1, 28, 28), Request()
    padded = fit(small, request, "x")
    np.testing.assert_array_equal(padded[:, :, 2:-2, 2:-2], small)
    padded[:, :, 2:-2, 2:-2] = -1
    assert (padded == -1).all()
    assert request.steps == ["padded from 28x28 to 32x32 with black"]
    np.testing.assert_allclose(
        fit(small, Request(size=16), "x"), fit(fit(small, Request(), "x"), Request(size=16), "x"), atol=0
    )


def test_the_middle_is_taken_of_what_is_not_square() -> None:
    wide, tall = images(1, 16, 40), images(1, 40, 16)
    request = Request(size=16)
    np.testing.assert_array_equal(fit(wide, request, "w"), wide[:, :, :, 12:28])
    np.testing.assert_array_equal(fit(tall, request, "t"), tall[:, :, 12:28])
    assert request.warnings == ["2 images are not square and were cropped to their middle (the first is w)."]


def test_grey_is_the_luminance() -> None:
    colour = images(3, 16, 16)
    expected = 0.299 * colour[:, 0] + 0.587 * colour[:, 1] + 0.114 * colour[:, 2]
    np.testing.assert_allclose(fit(colour, Request(grey=True), "x")[:, 0], expected, atol=1e-6)
    one = images(1, 16, 16)
    np.testing.assert_array_equal(fit(one, Request(grey=True), "x"), one)


@pytest.mark.parametrize("size", [0, -32, 4, 33, 96, 2048])
def test_sizes_that_the_networks_cannot_halve_are_refused(size: int) -> None:
    with pytest.raises(UsageError, match="power of two"):
        check_size(size)
