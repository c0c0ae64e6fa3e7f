"""What a reader of scores has to know first: what metrics say of themselves, and a decoder that has collapsed."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from posectl.core.distances import ONE_SAMPLE, share_of_spread
from posectl.core.kinds import Kind
from posectl.core.metrics import Score
from posectl.core.shards import Shards
from posectl.stages.evaluation.inputs import Inputs

SAMPLES = 512
"""Samples, evenly spaced, whose spread stands for that of all."""


def _some(samples: torch.Tensor) -> torch.Tensor:
    return samples[torch.linspace(0, len(samples) - 1, min(SAMPLES, len(samples)), device=samples.device).long()]


def warnings_of(inputs: Inputs, kind: Kind, scores: Mapping[str, Score]) -> list[str]:
    """Return the metrics' warnings; and, where paths were scored, one of a model that decodes much the same sample
    whatever the code, for then every step of a path leads on, and monotonicity is 1."""
    said = [f"{name}: {score['warning']}" for name, score in scores.items() if "warning" in score]
    scored = next(filter(inputs.made, ("paths", "random_paths")), None)
    if scored is None or not (inputs.has("model") and inputs.has("reference")):
        return said
    paths, real = inputs.get(scored), inputs.get("reference")
    if isinstance(real, Shards):
        real = inputs.get("recall_targets")  # real ones that were drawn, for a pass over all of them takes long
    ends = torch.cat([paths[:, 0], paths[:, -1]])
    spread = share_of_spread(_some(ends), _some(real))
    if spread < ONE_SAMPLE:
        said.append(
            f"The decoder gives much the same {kind.noun} whatever the code: the ends of its paths spread by "
            f"{spread:.2%} of what real {kind.noun}s do. What is scored of such paths, monotonicity for one, means "
            "nothing."
        )
    return said
