"""Paths between codes: slerp, lerp, lerp reprojected onto the sphere, and the full circle through both.

Every function takes codes a, b (..., d) and weights alpha (..., 1), and broadcasts. alpha = 0 is a.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posectl.core.latent.priors import onto_sphere
from posectl.errors import UsageError, did_you_mean

# A cosine further from zero leaves the angle fewer than half of float32's digits.
_NEARLY_PARALLEL = 1 - 1e-6
_ASIDE = 1e-4

Path = Callable[[Tensor, Tensor, Tensor], Tensor]


def angle(a: Tensor, b: Tensor) -> Tensor:
    """Return the angle (..., 1) between codes, in radians, accurate at 0 and at pi, where acos of a cosine is not.

    >>> import torch
    >>> from posectl.core.latent.paths import angle
    >>> angle(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]))
    tensor([1.5708])
    """
    a, b = onto_sphere(a), onto_sphere(b)
    difference = torch.linalg.vector_norm(a - b, dim=-1, keepdim=True)
    total = torch.linalg.vector_norm(a + b, dim=-1, keepdim=True)
    return 2 * torch.atan2(difference, total)


def lerp(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Return the straight line (1 - alpha) a + alpha b.

    >>> import torch
    >>> from posectl.core.latent.paths import lerp
    >>> lerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.5]))
    tensor([0.5000, 0.5000])
    """
    return a + alpha * (b - a)


def lerp_sphere(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Return the straight line, reprojected onto the unit sphere (the `LS` of Davydov et al., 2022).

    >>> import torch
    >>> from posectl.core.latent.paths import lerp_sphere
    >>> lerp_sphere(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.5]))
    tensor([0.7071, 0.7071])
    """
    return onto_sphere(lerp(a, b, alpha))


def slerp(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Return the great circle at constant speed: sin((1 - alpha) t) / sin t a + sin(alpha t) / sin t b, t the angle
    between them (Naayem, Eq. 1, misprint mended; Shoemake, 1985).

    Nearly parallel codes take the straight line, which is the limit; antipodal ones, between which every great circle
    is as short, take the one through a fixed direction orthogonal to a. No NaN, and finite gradients, at either end.

    >>> import torch
    >>> from posectl.core.latent.paths import slerp
    >>> slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.5]))
    tensor([0.7071, 0.7071])
    """
    return _arc(a, b, alpha, (onto_sphere(a) * onto_sphere(b)).sum(-1, keepdim=True))


def slerp_units(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """`slerp` of codes on the unit sphere, whose norms are known."""
    return _arc(a, b, alpha, (a * b).sum(-1, keepdim=True))


def _arc(a: Tensor, b: Tensor, alpha: Tensor, cosine: Tensor) -> Tensor:
    degenerate = cosine.detach().abs() > _NEARLY_PARALLEL
    if not a.is_cuda and not bool(degenerate.any()):  # to ask would halt a CUDA stream; to know spares half the work
        return _great_circle(a, b, alpha, cosine)
    # The unused branch of `where` must stay finite too, or its gradient is NaN times zero.
    arc = _great_circle(a, b, alpha, torch.where(degenerate, torch.zeros_like(cosine), cosine))
    half_turn = torch.cos(torch.pi * alpha) * a + torch.sin(torch.pi * alpha) * _orthogonal(a)
    straight = torch.where(cosine > 0, lerp(a, b, alpha), half_turn)
    return torch.where(degenerate, straight, arc)


def _great_circle(a: Tensor, b: Tensor, alpha: Tensor, cosine: Tensor) -> Tensor:
    theta = torch.acos(cosine)
    weight_a = torch.sin((1 - alpha) * theta)
    weight_b = torch.sin(alpha * theta)
    return (weight_a * a + weight_b * b) / torch.sin(theta)


def circle(a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
    """Return the great circle through a and b, once round: a, b's side, -a, back to a as alpha goes from 0 to 1 (the
    `circle` of Davydov et al., 2022).

    >>> import torch
    >>> from posectl.core.latent.paths import circle
    >>> a, b = torch.eye(2)
    >>> torch.allclose(circle(a, b, torch.tensor([0.5])), -a, atol=1e-6)
    True
    """
    unit = onto_sphere(a)
    aside = b - (b * unit).sum(-1, keepdim=True) * unit
    length = torch.linalg.vector_norm(aside, dim=-1, keepdim=True)
    beside = torch.where(length < _ASIDE, onto_sphere(_orthogonal(a)), aside / length.clamp_min(_ASIDE))
    radius = torch.linalg.vector_norm(a, dim=-1, keepdim=True)
    turn = 2 * torch.pi * alpha
    return radius * (torch.cos(turn) * unit + torch.sin(turn) * beside)


def _orthogonal(a: Tensor) -> Tensor:
    """Return a vector orthogonal to a and as long, always the same for the same a: along the axis nearest to that."""
    axis = torch.nn.functional.one_hot(a.abs().argmin(-1), a.shape[-1]).to(a.dtype)
    unit = onto_sphere(a)
    aside = axis - (axis * unit).sum(-1, keepdim=True) * unit
    return onto_sphere(aside) * torch.linalg.vector_norm(a, dim=-1, keepdim=True)


PATHS: dict[str, Path] = {"slerp": slerp, "lerp": lerp, "lerp-sphere": lerp_sphere, "circle": circle}
ON_SPHERE = ("slerp", "lerp-sphere", "circle")


Span = tuple[float, float]
"""The first and the last alpha of a path; beyond 0 and 1 it is gone on with, along the same line or great circle."""

WHOLE: Span = (0.0, 1.0)


def alphas(steps: int, span: Span = WHOLE) -> Tensor:
    """Return alpha (steps,), even from first to last, by default 0, 1/(steps - 1), ..., 1, both ends exact.

    Raises UsageError below two steps, and for a span that does not rise.

    >>> import torch
    >>> from posectl.core.latent.paths import alphas
    >>> alphas(5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    if steps < 2:
        raise UsageError(f"A path has at least 2 steps, not {steps}.", "Use --steps 2 or more; 100 is usual.")
    if not -math.inf < span[0] < span[1] < math.inf:
        raise UsageError(
            f"A path cannot go from {span[0]:g} to {span[1]:g}.",
            "For example `posectl interpolate A B --from -0.2 --to 1.2`.",
        )
    return torch.linspace(*span, steps, dtype=torch.float64).to(torch.float32)


def between(a: Tensor, b: Tensor, steps: int, path: str, span: Span = WHOLE) -> Tensor:
    """Return codes (B, steps, d) on the named path from a (B, d) to b (B, d), or over another span of alpha, in which a
    is at 0 and b at 1. Raises UsageError for an unknown path.

    >>> import torch
    >>> from posectl.core.latent.paths import between
    >>> a, b = torch.eye(2)[:, None]
    >>> between(a, b, 3, "lerp")
    tensor([[[1.0000, 0.0000],
    [0.5000, 0.5000],
    [0.0000, 1.0000]]])
    """
    if path not in PATHS:
        raise UsageError(f"There is no path {path!r}.", did_you_mean(path, PATHS))
    return PATHS[path](a[:, None], b[:, None], alphas(steps, span).to(a.device)[:, None])
