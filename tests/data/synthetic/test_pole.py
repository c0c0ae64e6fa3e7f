"""The pole's shadow against the geometry of light, in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from posectl.data.synthetic.pole import HEIGHT, RADIUS, draw

ELEVATIONS = (45.0, 50.0, 62.0, 71.0, 80.0)


def degrees(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def darkness(azimuth: float, elevation: float, size: int) -> np.ndarray:
    """(size, size) in grey: what the shadow takes, from the images with the light on this side and on the other."""
    here, opposite = draw(degrees(azimuth, azimuth + 180), degrees(elevation, elevation), size=size, colour=False)
    taken = (opposite - here)[0].double().clamp(min=0).numpy()
    x, y = places(size)
    taken[np.hypot(x, y) < RADIUS + 2 / size] = 0
    return taken


def places(size: int) -> tuple[np.ndarray, np.ndarray]:
    across = (np.arange(size) + 0.5) / size - 0.5
    x, y = np.meshgrid(across, -across)
    return x, y


@pytest.mark.parametrize("elevation", ELEVATIONS)
@pytest.mark.parametrize("azimuth", [0.0, 33.0, 90.0, 131.0, 200.0, 290.0, 355.0])
def test_the_shadow_falls_away_from_the_light(azimuth: float, elevation: float) -> None:
    taken = darkness(azimuth, elevation, 256)
    x, y = places(256)
    direction = math.degrees(math.atan2((taken * y).sum(), (taken * x).sum()))
    error = (direction - (azimuth + 180) + 180) % 360 - 180
    assert abs(error) < 0.1


@pytest.mark.parametrize("elevation", ELEVATIONS)
def test_the_shadow_is_as_long_as_the_height_over_the_tangent(elevation: float) -> None:
    """The edge of its round end, where half the light is gone, lies a radius beyond the tip."""
    size = 512
    taken = darkness(180.0, elevation, size)[size // 2 - 1 : size // 2 + 1].mean(0)
    half = taken.max() / 2
    last = int(np.flatnonzero(taken >= half)[-1])
    crossing = last + (taken[last] - half) / (taken[last] - taken[last + 1])
    end = (crossing + 0.5) / size - 0.5
    assert end == pytest.approx(HEIGHT / math.tan(math.radians(elevation)) + RADIUS, abs=0.5 / size)


def test_every_shadow_of_the_grid_lies_within_the_picture() -> None:
    azimuths = torch.arange(0, 360, 5, dtype=torch.float64)
    for image in draw(azimuths, torch.full_like(azimuths, 45), size=64, colour=False):
        border = torch.cat([image[0, 0], image[0, -1], image[0, :, 0], image[0, :, -1]])
        assert border.min() > 0.3


def test_the_penumbra_widens_away_from_the_pole() -> None:
    size = 512
    taken = darkness(180.0, 45.0, size)
    widths = []
    for along in (0.1, 0.35):
        column = taken[:, int((along + 0.5) * size)]
        widths.append(np.count_nonzero((column > 0.1 * column.max()) & (column < 0.9 * column.max())))
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize("colour", [True, False])
def test_a_quarter_turn_of_the_light_is_a_quarter_turn_of_the_picture(colour: bool) -> None:
    azimuth, elevation = degrees(10, 77, 201), degrees(45, 60, 80)
    turned = torch.rot90(draw(azimuth, elevation, colour=colour), dims=(2, 3))
    torch.testing.assert_close(draw(azimuth + 90, elevation, colour=colour), turned, rtol=0, atol=1e-5)


def test_a_whole_turn_changes_nothing() -> None:
    elevation = degrees(45, 80)
    torch.testing.assert_close(draw(degrees(0, 0), elevation), draw(degrees(360, 360), elevation), rtol=0, atol=1e-5)


def test_a_small_change_of_either_factor_is_a_small_change_of_the_picture() -> None:
    """A tenth of the change, a tenth of the difference: nothing jumps."""
    rng = np.random.default_rng(0)
    azimuth, elevation = (torch.from_numpy(rng.uniform(*ends, 64)) for ends in ((0, 360), (45, 79)))
    here = draw(azimuth, elevation)
    for turn, rise in ((1.0, 0.0), (0.0, 1.0)):
        large, small = (
            (draw(azimuth + turn * step, elevation + rise * step) - here).abs().amax(dim=(1, 2, 3))
            for step in (0.1, 0.01)
        )
        assert large.max() < 0.1
        assert (small < 0.25 * large + 1e-5).all()


@pytest.mark.parametrize("colour", [True, False])
def test_every_image_of_the_grid_is_its_own(colour: bool) -> None:
    """A picture a degree to the side and half a degree lower is still nearest to the one that it was moved from."""
    azimuth, elevation = (
        grid.flatten() for grid in torch.meshgrid(torch.arange(0.0, 360, 5), torch.arange(45.0, 81, 5), indexing="ij")
    )
    images = draw(azimuth, elevation, colour=colour).flatten(1).double()
    distance = torch.cdist(images, images) ** 2 / images.shape[1]
    distance.fill_diagonal_(math.inf)
    assert distance.min() > 3e-5
    moved = draw(azimuth + 1, elevation - 0.5, colour=colour).flatten(1).double()
    assert torch.equal(torch.cdist(moved, images).argmin(1), torch.arange(576))


def test_grey_is_the_luminance_of_the_colours() -> None:
    azimuth, elevation = degrees(20, 140), degrees(50, 75)
    luminance = torch.einsum("nchw,c->nhw", draw(azimuth, elevation), torch.tensor([0.299, 0.587, 0.114]))
    torch.testing.assert_close(draw(azimuth, elevation, colour=False)[:, 0], luminance, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [16, 64, 128])
def test_images_are_float32_in_range_at_any_size(size: int) -> None:
    images = draw(degrees(*range(0, 360, 20)), torch.full((18,), 50.0), size=size)
    assert images.shape == (18, 3, size, size)
    assert images.dtype == torch.float32
    assert images.min() >= -1
    assert images.max() <= 1


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_draws_the_same_pole() -> None:
    azimuth, elevation = torch.arange(0.0, 360, 1), torch.linspace(45, 80, 360)
    there = draw(azimuth.cuda(), elevation.cuda()).cpu()
    torch.testing.assert_close(there, draw(azimuth, elevation), rtol=0, atol=1e-4)
