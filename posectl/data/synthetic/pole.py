"""A pole on a lit plane, seen from straight above, and the shadow that it casts.

The scene of A. Oring, Z. Yakhini and Y. Hel-Or, Autoencoder image interpolation by shaping the latent space, 2020,
figure 1, whose renders were never released; this one is drawn in closed form. Lengths are in parts of the image's side,
x to the right and y upwards from the pole, and the light stands at `azimuth` degrees counterclockwise from x and
`elevation` degrees above the plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

AZIMUTH, ELEVATION = (0.0, 360.0), (45.0, 80.0)
HEIGHT, RADIUS = 0.4, 0.04

_PENUMBRA = 0.06  # its width over the light's way from the edge that casts it: a light of three degrees
_AT_ONCE, _ON_DEVICE = 1 << 7, 1 << 11  # images: intermediates stay in a processor's cache, or within a gigabyte

# Colours as displayed, in [0, 1]: a sandy plane in sunlight, its shade under a blue sky, and an orange pole.
_LIT, _SHADE, _POLE = (0.90, 0.81, 0.66), (0.33, 0.35, 0.43), (0.98, 0.42, 0.24)
_LUMINANCE = (0.299, 0.587, 0.114)  # of Rec. 601
_FALLOFF = 0.35  # how much darker the plane would be a whole side away from the pole
_POLE_AMBIENT = 0.45


def draw(theta: Tensor, phi: Tensor, *, size: int = 64, colour: bool = True) -> Tensor:
    """Draw images (N, 3 or 1, size, size) float32 in [-1, 1] for azimuths `theta` and elevations `phi` (N,) in degrees.

    They are on the angles' device, continuous in both, and of period 360 in the first.

    >>> import torch
    >>> from posectl.data.synthetic import pole
    >>> pole.draw(torch.tensor([0.0, 90.0]), torch.tensor([45.0, 60.0]), size=32).shape
    torch.Size([2, 3, 32, 32])
    """
    images = torch.empty(len(theta), 3 if colour else 1, size, size, device=theta.device)
    step = _AT_ONCE if theta.device.type == "cpu" else _ON_DEVICE
    for start in range(0, len(theta), step):
        rows = slice(start, start + step)
        images[rows] = _render(torch.deg2rad(theta[rows].double()), torch.deg2rad(phi[rows].double()), size, colour)
    return images


def render(settings: Mapping[str, Any], factors: Mapping[str, Tensor]) -> Tensor:
    """Draw the images (N, 3 or 1, size, size) of the scene's settings at the factors `azimuth` and `elevation` (N,).

    >>> import torch
    >>> from posectl.data.synthetic import pole
    >>> settings = {"name": "pole", "size": 32, "colour": False}
    >>> factors = pole.random_factors(4, torch.Generator().manual_seed(0))
    >>> pole.render(settings, factors).shape
    torch.Size([4, 1, 32, 32])
    """
    return draw(factors["azimuth"], factors["elevation"], size=settings["size"], colour=settings["colour"])


def random_factors(count: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw `azimuth` and `elevation` (count,) float64 in degrees, uniform over their ranges.

    >>> import torch
    >>> from posectl.data.synthetic import pole
    >>> sorted(pole.random_factors(4, torch.Generator().manual_seed(0)))
    ['azimuth', 'elevation']
    """
    unit = torch.rand(2, count, dtype=torch.float64, generator=generator)
    ranges = {"azimuth": AZIMUTH, "elevation": ELEVATION}
    return {name: low + (high - low) * u for (name, (low, high)), u in zip(ranges.items(), unit, strict=True)}


def labels(factors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return nothing: this scene has no classes."""
    return {}


def _render(azimuth: Tensor, elevation: Tensor, size: int, colour: bool) -> Tensor:
    """Draw images (n, C, size, size) in [-1, 1], at (n,) radians."""
    across = ((torch.arange(size, device=azimuth.device, dtype=torch.float64) + 0.5) / size - 0.5).float()
    x, y = across, -across[:, None]
    towards = [part.float()[:, None, None] for part in (torch.cos(azimuth), torch.sin(azimuth))]
    height = elevation.float()[:, None, None]
    shaded = _shadow(x, y, towards, height, 1 / size)
    light = _dome_light(x, y, towards, height)
    ground = 1 - _FALLOFF * (x**2 + y**2)
    pole = _smoothstep(0.5 + (RADIUS - torch.hypot(x, y)) * size / 2)
    lit, shade, paint = (_paint(rgb, colour, azimuth.device) for rgb in (_LIT, _SHADE, _POLE))
    plane = torch.lerp(lit * ground, shade * ground, shaded[:, None])
    return 2 * torch.lerp(plane, paint * light[:, None], pole) - 1


def _shadow(x: Tensor, y: Tensor, towards: list[Tensor], elevation: Tensor, pixel: float) -> Tensor:
    """Return the share (n, size, size) of the light that the pole takes from each point.

    The shadow of a round pole is a capsule from its foot to the shadow of its top. Its edge is as soft as the way is
    long from the point of the pole that casts it, and at least two pixels wide.
    """
    cos, sin = towards
    length = HEIGHT / torch.tan(elevation)
    along, aside = -x * cos - y * sin, x * sin - y * cos
    nearest = torch.minimum(along.clamp(min=0), length)
    inside = RADIUS - torch.hypot(along - nearest, aside)
    width = 2 * pixel + _PENUMBRA * nearest / torch.cos(elevation)
    return _smoothstep(0.5 + inside / width)


def _dome_light(x: Tensor, y: Tensor, towards: list[Tensor], elevation: Tensor) -> Tensor:
    """Return the light (n, size, size) on the pole's round top, by Lambert's law."""
    across = torch.hypot(x, y).clamp(min=RADIUS)
    u, v = x / across, y / across
    up = (1 - u**2 - v**2).clamp(min=0).sqrt()
    cos, sin = towards
    facing = torch.cos(elevation) * (u * cos + v * sin) + torch.sin(elevation) * up
    return _POLE_AMBIENT + (1 - _POLE_AMBIENT) * facing.clamp(min=0)


def _smoothstep(t: Tensor) -> Tensor:
    t = t.clamp(0, 1)
    return t * t * (3 - 2 * t)


def _paint(rgb: tuple[float, float, float], colour: bool, device: torch.device) -> Tensor:
    """Return a colour (C, 1, 1), or its luminance."""
    shown = rgb if colour else (sum(share * part for share, part in zip(_LUMINANCE, rgb, strict=True)),)
    return torch.tensor(shown, device=device)[:, None, None]
