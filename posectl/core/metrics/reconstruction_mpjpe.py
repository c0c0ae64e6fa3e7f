"""How far, on average, a joint of a reconstructed pose lies from where it should be (MPJPE)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.distances import mean_per_joint
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("reconstruction_mpjpe")
def reconstruction_mpjpe(truth: Tensor, reconstruction: Tensor) -> Score:
    """Mean per-joint position error in metres, one value a pose, of poses (N, J, 3); nothing is aligned before."""
    return summarise(mean_per_joint(truth, reconstruction), "m")
