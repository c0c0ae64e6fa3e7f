"""Distributions of codes that adversarial autoencoders aim at, in components that labels can name.

They are shapes in the plane. Each successive pair of elements of a longer code lies in such a plane, all in the same
component. Makhzani et al., "Adversarial Autoencoders", 2015, draw them without coordinates; these are what public
implementations agree on (hwalsuklee/tensorflow-mnist-AAE, conan7882/adversarial-autoencoders, and, but for half the
width across, musyoku/adversarial-autoencoder).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_ALONG, _ACROSS, _SHIFT = 0.5, 0.1, 1.4
_RADIUS, _ANGLE = 3.0, 4 * math.pi


def mixture(component: Tensor, noise: Tensor, components: int) -> Tensor:
    """Return codes (..., d) of a star of Gaussians, by component (...) and standard normal noise (..., d).

    Component k is centred 1.4 from the origin in the direction 2 pi k / components, along which its deviation is 0.5;
    across it is 0.1.
    """
    along = _SHIFT + _ALONG * noise[..., 0::2]
    across = _ACROSS * noise[..., 1::2]
    angle = (2 * math.pi / components) * component[..., None].to(noise.dtype)
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack((cosine * along - sine * across, sine * along + cosine * across), dim=-1).flatten(-2)


def swiss_roll(component: Tensor, noise: Tensor, components: int) -> Tensor:
    """Return codes (..., d) on a spiral, by component (...) and standard normal noise (..., d), half of which is used.

    Radius 3 sqrt(u) and angle 4 pi sqrt(u), two turns, for u uniform in [k, k + 1) / components.
    """
    uniform = torch.special.ndtr(noise[..., 0::2])
    root = ((uniform + component[..., None]) / components).sqrt()
    radius, angle = _RADIUS * root, _ANGLE * root
    return torch.stack((radius * angle.cos(), radius * angle.sin()), dim=-1).flatten(-2)
