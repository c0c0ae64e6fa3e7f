"""Priors: the space of codes, the projection of an encoder's output onto it, and draws of new codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Prior:
    """A distribution of codes. `project` takes raw codes (..., d) to the prior's support; `draw` takes standard normal
    noise (..., d) to codes distributed by the prior; `path` names the natural path from code to code (see `paths`).
    deviation: of a Gaussian's elements, 1 of others."""

    name: str
    project: Callable[[Tensor], Tensor]
    draw: Callable[[Tensor], Tensor]
    path: str
    deviation: float = 1.0


def onto_sphere(codes: Tensor) -> Tensor:
    """Return codes (..., d) divided by their Euclidean norm (the pose report prints its square; b/000, row 1).

    Codes of 16 bits come back in float32: an angle between them would have too few digits to interpolate by.

    >>> import torch
    >>> from posectl.core.latent.priors import onto_sphere
    >>> onto_sphere(torch.tensor([3.0, 4.0]))
    tensor([0.6000, 0.8000])
    """
    wide = codes.float() if codes.dtype.itemsize < 4 else codes
    # Not F.normalize: the backward pass of its clamp costs more than all the rest of it.
    return wide / (torch.linalg.vector_norm(wide, dim=-1, keepdim=True) + 1e-16)


def unchanged(codes: Tensor) -> Tensor:
    """Return the codes as they are."""
    return codes


SPHERE = Prior("sphere", project=onto_sphere, draw=onto_sphere, path="slerp")
NORMAL = Prior("normal", project=unchanged, draw=unchanged, path="lerp")
# The prior of 3d-AAE (MaciejZamorski/3d-AAE, settings/hyperparams.json).
NARROW = Prior("normal-0.2", project=unchanged, draw=lambda noise: 0.2 * noise, path="lerp", deviation=0.2)
PRIORS = {prior.name: prior for prior in (SPHERE, NORMAL, NARROW)}


def sample_codes(prior: Prior, count: int, latent: int, generator: torch.Generator) -> Tensor:
    """Draw `count` codes (count, latent) from the prior.

    >>> import torch
    >>> from posectl.core.latent.priors import SPHERE, sample_codes
    >>> sample_codes(SPHERE, 3, 8, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 8])
    """
    return prior.draw(torch.randn(count, latent, generator=generator))
