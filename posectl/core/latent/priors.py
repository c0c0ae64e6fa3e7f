"""Priors: where codes live, how an encoder's output gets there, and how fresh codes are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Prior:
    """`project` takes raw codes (..., d) to the prior's support; `draw` takes standard normal noise (..., d) to codes
    distributed by the prior; `path` is the natural way from code to code (see `paths`)."""

    name: str
    project: Callable[[Tensor], Tensor]
    draw: Callable[[Tensor], Tensor]
    path: str


def onto_sphere(codes: Tensor) -> Tensor:
    """Codes (..., d) divided by their Euclidean norm (the pose report prints its square; b/000, row 1).

    Codes of 16 bits come back in float32: an angle between them would have too few digits to interpolate by.
    """
    wide = codes.float() if codes.dtype.itemsize < 4 else codes
    # Not F.normalize, whose clamp costs more to go back through than all the rest of it.
    return wide / (torch.linalg.vector_norm(wide, dim=-1, keepdim=True) + 1e-16)


def unchanged(codes: Tensor) -> Tensor:
    return codes


SPHERE = Prior("sphere", project=onto_sphere, draw=onto_sphere, path="slerp")
NORMAL = Prior("normal", project=unchanged, draw=unchanged, path="lerp")
PRIORS = {prior.name: prior for prior in (SPHERE, NORMAL)}


def sample(prior: Prior, count: int, latent: int, generator: torch.Generator) -> Tensor:
    """`count` fresh codes (count, latent) of the prior."""
    return prior.draw(torch.randn(count, latent, generator=generator))
