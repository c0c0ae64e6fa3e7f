"""The lines of ACAI's benchmark: a hand from the image's centre, turned by one angle.

D. Berthelot, C. Raffel, A. Roy and I. Goodfellow, Understanding and improving interpolation in autoencoders via an
adversarial regularizer, 2018, section 3.1. The hand is 15 px long in 32 px and 2 px wide, white on black; angle 0
points right and angles grow counterclockwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

TURN = 2 * math.pi
SECTORS = 10
RENDERERS = ("acai", "smooth")
Renderer = Literal["acai", "smooth"]

_WIDTH = 2.0
_AT_ONCE, _ON_DEVICE = 1 << 10, 1 << 14  # images: intermediates stay in a processor's cache, or within a gigabyte


def draw(angles: Tensor, *, renderer: Renderer = "acai", size: int = 32) -> Tensor:
    """Draw images (N, 1, size, size) float32 in [-1, 1] of hands at `angles` (N,) in radians, on their device.

    renderer: "acai" is the published coverage, see `_scan_line_coverage`; "smooth" is continuous in the angle.

    >>> import torch
    >>> from posectl.data.synthetic import lines
    >>> image = lines.draw(torch.zeros(1))[0, 0]  # the hand points right
    >>> image.min().item(), image.max().item(), bool((image[:, :15] == -1).all())
    (-1.0, 1.0, True)
    """
    coverage = _scan_line_coverage if renderer == "acai" else _capsule_coverage
    images = torch.empty(len(angles), 1, size, size, device=angles.device)
    step = _AT_ONCE if angles.device.type == "cpu" else _ON_DEVICE
    for start in range(0, len(angles), step):
        part = coverage(angles[start : start + step], size)
        torch.sub(part.mul_(2), 1, out=images[start : start + step, 0])
    return images


def render(settings: Mapping[str, Any], factors: Mapping[str, Tensor]) -> Tensor:
    """Draw the images (N, 1, size, size) of the scene's settings at the factor `angle` (N,).

    >>> import torch
    >>> from posectl.data.synthetic import lines
    >>> lines.render({"renderer": "smooth", "size": 16}, {"angle": torch.zeros(3)}).shape
    torch.Size([3, 1, 16, 16])
    """
    return draw(factors["angle"], renderer=settings["renderer"], size=settings["size"])


def random_factors(count: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw `angle` (count,) float64, uniform in [0, 2 pi).

    >>> import torch
    >>> from posectl.data.synthetic import lines
    >>> lines.random_factors(4, torch.Generator().manual_seed(0))["angle"].shape
    torch.Size([4])
    """
    return {"angle": TURN * torch.rand(count, dtype=torch.float64, generator=generator)}


def labels(factors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the `label` (N,) int64 of the factor `angle` (N,): its sector.

    >>> import torch
    >>> from posectl.data.synthetic import lines
    >>> lines.labels({"angle": torch.tensor([0.1, 3.2])})
    {'label': tensor([0, 5])}
    """
    return {"label": sector(factors["angle"])}


def sector(angles: Tensor) -> Tensor:
    """Return the 36-degree sector (N,) int64 of each angle, one of ten, the label that ACAI's classifier is given.

    >>> import torch
    >>> from posectl.data.synthetic import lines
    >>> lines.sector(torch.tensor([0.1, 3.2]))
    tensor([0, 5])
    """
    return (SECTORS * angles.double() / (TURN - 1e-6)).long().clamp_(max=SECTORS - 1)


def _scan_line_coverage(angles: Tensor, size: int) -> Tensor:
    """Return the share (N, size, size) of each pixel that the published drawing fills.

    It fills a parallelogram, scan line by scan line along the hand's longer axis ("major"), and bears three marks that
    the published figures depend on. The hand is 2 px wide across the scan line, not across itself, so diagonals are
    thinner. The scan line that the hand's lower end lies in is filled in proportion, that of its upper end in full.
    Each scan line is taken half a pixel early, which makes the hand jump at 135 and 315 degrees.
    """
    # Float64 for the ends: whether one lies on a scan line's edge decides if that line is drawn.
    centre, length = size / 2, size / 2 - 1
    angles = angles.double()
    tip = torch.stack([centre + length * torch.cos(-angles), centre + length * torch.sin(-angles)], dim=1)
    offset = tip - centre
    flat = offset[:, 1].abs() < offset[:, 0].abs()
    major, minor = torch.where(flat[:, None], tip, tip.flip(1)).unbind(1)
    low, high = major.clamp(max=centre), major.clamp(min=centre)
    slope = (minor - centre) / (major - centre)
    line = torch.arange(size, device=angles.device, dtype=torch.float64)
    middle = centre + (line - centre - 0.5) * slope[:, None]
    filled = (torch.minimum(line + 1, high[:, None].ceil()) - torch.maximum(line, low[:, None])).clamp_(0, 1)

    # A pixel's share of the interval `middle` +- 1 is linear in their distance, between all and nothing.
    pixel = line.float() + 0.5
    share = torch.sub(pixel, middle.float()[:, :, None]).abs_().neg_().add_(_WIDTH / 2 + 0.5).clamp_(0, 1)
    share.mul_(filled.float()[:, :, None])
    return torch.where(flat[:, None, None], share.mT, share)


def _capsule_coverage(angles: Tensor, size: int) -> Tensor:
    """Return the share (N, size, size) of each pixel in a hand with round ends, by the distance to its edge.

    The hand's tip is where that of the published one is; coverage falls from one to nothing over a pixel, so that it
    is continuous in the angle, and as bright at every angle.
    """
    length = size / 2 - 1 - _WIDTH / 2
    across = (torch.arange(size, device=angles.device) + 0.5 - size / 2).float()
    cos, sin = torch.cos(angles).float()[:, None, None], torch.sin(angles).float()[:, None, None]
    # Rows count downwards, angles turn upwards.
    along = across * cos - across[:, None] * sin
    aside = across * sin + across[:, None] * cos
    beyond = along - along.clamp(0, length)
    distance = torch.hypot(beyond, aside, out=beyond)
    return distance.neg_().add_(_WIDTH / 2 + 0.5).clamp_(0, 1)
