"""Paths in pictures: which of their steps are shown, and the alpha of each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posectl.core.latent.paths import WHOLE, Span, alphas


def evenly(count: int, wanted: int) -> np.ndarray:
    """Return `wanted` of `count` steps, as even as possible, first and last among them."""
    return np.linspace(0, count - 1, wanted).round().astype(int)


def over_columns(steps: int, shown: np.ndarray, span: Span = WHOLE) -> list[str]:
    """Label the shown ones of a path's steps with their alpha; the first says what the numbers are."""
    return [f"{'' if i else 'α = '}{alpha:g}" for i, alpha in enumerate(_alphas(steps, span)[shown].tolist())]


def on_frames(frames: int, span: Span = WHOLE) -> list[str]:
    """Label the frames of a film with their alpha."""
    return [f"α = {alpha:.2f}" for alpha in _alphas(frames, span).tolist()]


def common_span(spans: Iterable[Span]) -> Span | None:
    """Return the span that all paths of a picture have; None where they differ, and no alpha can be told."""
    found = set(spans)
    return found.pop() if len(found) == 1 else None


def _alphas(steps: int, span: Span) -> np.ndarray:
    return alphas(max(steps, 2), span).double().numpy()[:steps].round(2) + 0.0  # never -0
