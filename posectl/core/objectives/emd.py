"""The earth mover's distance as the reconstruction of point clouds, in place of the Chamfer distance.

Every point goes to one of its own, so that a decoder cannot leave parts of a shape bare that its other points are near
to. It is approximate, by Sinkhorn's algorithm (posectl.core.clouds.sinkhorn), and takes some ten times as long as the
Chamfer distance. Source: Zamorski et al., "Adversarial Autoencoders for Compact Representations of 3D Point Clouds",
2020, section 3, of squared distances; the matching is posectl's, theirs an auction on a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from posectl.core.clouds.sinkhorn import earth_mover
from posectl.core.kinds import Kind
from posectl.core.kinds.clouds import SHARE
from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Step
from posectl.errors import UsageError


@objective("emd")
@dataclass(frozen=True)
class EMD(Objective):
    """The earth mover's reconstruction: twice the sum of squared distances of matched points times 0.05, which is the
    Chamfer loss where every point's match is the nearest to it.

    lam: 1, for there is no term that it could weigh.
    """

    name = "emd"
    whole_batch = ""
    replaces_reconstruction = True
    has_term = False

    lam: float = 1.0

    def __post_init__(self) -> None:
        if self.lam != 1:
            raise UsageError(
                f"emd is the reconstruction, which --lam {self.lam:g} cannot weigh.",
                "Give it --lam 1, and weigh what is beside it.",
            )

    def decoder(self, inner: nn.Module, architecture: Architecture, replicas: int, kind: Kind) -> nn.Module:
        """Return the net's decoder. Raises UsageError for samples that are no clouds."""
        if kind.likelihood != "nearest":
            raise UsageError(
                f"emd matches the points of clouds, and the samples are {kind.name}.", "Leave --reg emd out."
            )
        return inner

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean (R,) over the batch of the approximate distance."""
        return 2 * SHARE * earth_mover(step.x, step.x_hat.to(step.x.dtype)).mean(1)
