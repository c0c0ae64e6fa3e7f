"""Paths between images without a model: baselines, targets and counterexamples for interpolations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

import torch
from torch import Tensor

from posectl.core.latent.paths import WHOLE, Span, alphas
from posectl.core.metrics.trace import wrapped
from posectl.errors import UsageError, did_you_mean
from posectl.stages.evaluation.factors import Ends, FactorSpace, PlacedEnds


class Baseline(Protocol):
    """Paths (B, steps, C, H, W) between so many pairs of images, or over another span of alpha."""

    def __call__(self, ends: Ends, steps: int, span: Span = WHOLE) -> Tensor: ...


def crossfade(ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
    """Fade one image out while the other fades in, pixel by pixel."""
    start, stop = _apart(ends.images)
    alpha = _alpha(steps, start, span)
    return (1 - alpha) * start + alpha * stop


def switch(ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
    """Show the first image until half-way, then the last."""
    start, stop = _apart(ends.images)
    return torch.where(_alpha(steps, start, span) < 0.5, start, stop)


def blank(ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
    """Show the background, -1, throughout."""
    start, _ = _apart(ends.images)
    return torch.full_like(start, -1).expand(-1, steps, *start.shape[2:])


def perfect(space: FactorSpace, ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
    """Return the true images along the even path, or the nearest stored ones where not all exist."""
    placed = cast(PlacedEnds, ends)
    return space.images_at(space.straight_path(placed.factors, steps, span), placed.objects)


def wrong_way(space: FactorSpace, ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
    """Return the true images along the even path that takes each periodic factor the long way round."""
    placed = cast(PlacedEnds, ends)
    start, stop = placed.factors.unbind(1)
    short = wrapped(stop - start, space.periods)
    turn = torch.where(short < 0, -space.periods, space.periods)
    long = torch.where(space.periods.isfinite(), short - turn, short)
    alpha = alphas(steps, span).to(start)
    return space.images_at(start[:, None] + alpha[:, None] * long[:, None], placed.objects)


_OF_IMAGES: dict[str, Baseline] = {"crossfade": crossfade, "switch": switch, "blank": blank}
_OF_FACTORS: dict[str, Callable[[FactorSpace, Ends, int, Span], Tensor]] = {"perfect": perfect, "wrong-way": wrong_way}
NAMES = (*_OF_IMAGES, *_OF_FACTORS)


def baseline(name: str, space: Callable[[], FactorSpace]) -> Baseline:
    """Return the baseline of this name. Raises UsageError where there is none, and as `space` where it needs one."""
    if name in _OF_IMAGES:
        return _OF_IMAGES[name]
    if name not in _OF_FACTORS:
        raise UsageError(f"There is no baseline {name!r}.", did_you_mean(name, NAMES))
    known = space()
    return lambda ends, steps, span=WHOLE: _OF_FACTORS[name](known, ends, steps, span)


def _apart(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return first and last images (B, 1, C, H, W) of pairs (B, 2, C, H, W)."""
    return images[:, :1], images[:, 1:]


def _alpha(steps: int, like: Tensor, span: Span) -> Tensor:
    return alphas(steps, span).to(like.device)[:, None, None, None]
