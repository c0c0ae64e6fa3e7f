"""The codes of samples as a map: its axes, how dense codes lie, and how fast the decoder moves there."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.components import principal_components
from posectl.core.latent.priors import SPHERE
from posectl.core.metrics.nearest import nearest
from posectl.core.random import generator

_DIRECTIONS = 8  # in which the decoder's speed is taken, where codes have more
_STEP = 1e-2  # of a code
_NEIGHBOURS = 8


def map_axes(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle (d,) and the two axes (2, d) of the map of codes (N, d): their principal components, codes of
    two numbers as they are."""
    size = codes.shape[1]
    if size <= 2:
        return np.zeros(size, np.float32), np.eye(2, size, dtype=np.float32)
    found = principal_components(codes.astype(np.float64), 2)
    return found.middle.astype(np.float32), found.directions.astype(np.float32)


def decoder_speed(model: Autoencoder, codes: Tensor, seed: int) -> np.ndarray:
    """Return the decoder's speed (N,) float32 at codes (N, d): how far a sample moves a unit of the code, by the kind's
    speed; the root mean square over directions, those of the code's numbers, or eight that are drawn.

    On the sphere directions are tangent to it. By central differences of a hundredth each way.
    """
    d = codes.shape[1]
    axes = torch.eye(d) if d <= _DIRECTIONS else torch.randn(_DIRECTIONS, d, generator=generator(seed, "speed"))
    codes = codes.to(model.device)
    squares = torch.zeros(len(codes), dtype=torch.float64, device=model.device)
    count = torch.zeros_like(squares)
    for axis in axes.to(codes):
        towards = axis.expand_as(codes)
        if model.prior is SPHERE:
            towards = towards - (towards * codes).sum(-1, keepdim=True) * codes
        length = torch.linalg.vector_norm(towards, dim=-1, keepdim=True)
        step = _STEP * towards / length.clamp_min(1e-6)
        ahead, behind = (model.decode(model.prior.project(codes + sign * step)) for sign in (1, -1))
        speed = model.kind.speed(((ahead - behind) / (2 * _STEP))[None])[0]
        # A direction counts by how much of it is tangent: so the mean is over the tangent space.
        weight = (length[:, 0] / torch.linalg.vector_norm(axis)).double().square()
        squares += weight * speed.double().square()
        count += weight
    return (squares / count).sqrt().float().cpu().numpy()


def density(codes: Tensor) -> np.ndarray:
    """Return how dense codes (N, d) lie, (N,) float32: one over the distance of the eighth nearest other code."""
    k = min(_NEIGHBOURS + 1, len(codes))
    distances, _ = nearest(codes, codes, k, "l2")
    return (1 / distances[:, -1].clamp_min(1e-6)).float().cpu().numpy()
