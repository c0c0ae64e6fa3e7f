"""What a reader of scores has to know first: what metrics say of themselves, and a decoder that has collapsed."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from posectl.core.distances import ONE_SAMPLE, share_of_spread
from posectl.core.kinds import Kind
from posectl.core.metrics import Score
from posectl.stages.evaluation.inputs import Inputs

SAMPLES = 512
"""Real samples, evenly spaced, whose spread stands for that of all."""


def warnings_of(inputs: Inputs, kind: Kind, scores: Mapping[str, Score]) -> list[str]:
    """Return the metrics' warnings; and one where a model decodes much the same sample whatever the code, for then
    every step of a path leads on, and monotonicity is 1."""
    said = [f"{name}: {score['warning']}" for name, score in scores.items() if "warning" in score]
    if not all(map(inputs.has, ("model", "paths", "reference"))):
        return said
    paths, real = inputs.get("paths"), inputs.get("reference")
    some = real[torch.linspace(0, len(real) - 1, SAMPLES, device=real.device).long()]
    spread = share_of_spread(torch.cat([paths[:, 0], paths[:, -1]]), some)
    if spread < ONE_SAMPLE:
        said.append(
            f"The decoder gives much the same {kind.noun} whatever the code: the ends of its paths spread by "
            f"{spread:.2%} of what real {kind.noun}s do. What is scored of such paths, monotonicity for one, means "
            "nothing."
        )
    return said
