"""What a reader of scores has to know first: what metrics say of themselves, and a decoder that has collapsed."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from posectl.core.kinds import Kind
from posectl.core.metrics import Score
from posectl.stages.evaluation.inputs import Inputs

PAIRS = 256
"""Pairs of real samples whose mean distance stands for that of all."""

COLLAPSED = 0.05
"""The distance of the ends of a model's paths, over that of real samples, below which its decoder has collapsed."""


def warnings_of(inputs: Inputs, kind: Kind, scores: Mapping[str, Score]) -> list[str]:
    """Return the metrics' warnings; and one where a model decodes much the same sample whatever the code, for then
    every step of a path leads on, and monotonicity is 1."""
    said = [f"{name}: {score['warning']}" for name, score in scores.items() if "warning" in score]
    if not all(map(inputs.has, ("model", "paths", "reference"))):
        return said
    paths, real = inputs.get("paths"), inputs.get("reference")
    some = real[torch.linspace(0, len(real) - 1, 2 * PAIRS, device=real.device).long()]
    apart = kind.distance(some[:PAIRS], some[PAIRS:]).mean().item()
    ends = kind.distance(paths[:, 0], paths[:, -1]).nanmean().item()
    if ends < COLLAPSED * apart:
        said.append(
            f"The decoder gives much the same {kind.noun} whatever the code: the ends of its paths are "
            f"{ends / apart:.2%} as far apart as real {kind.noun}s. What is scored of such paths, monotonicity for "
            "one, means nothing."
        )
    return said
