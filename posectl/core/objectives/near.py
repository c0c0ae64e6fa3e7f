"""Nearness: decoded paths and decoded draws of the prior lie near the data.

The term is the squared distance of a decoded sample to the nearest of some thousand training samples, which is left
where it is: a path that crosses a gap is drawn to its sides. Source: posectl's own, one half of a Chamfer distance (Fan
et al., "A Point Set Generation Network for 3D Object Reconstruction from a Single Image", 2017, Eq. 1); the metrics
that it serves are Mean Distance and the precision distance of Naayem, section IV.B. The weights were found on poses.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.lookup import rows
from posectl.core.objectives.step import UNIFORM, Noise, Step
from posectl.errors import UsageError


@objective("near")
@dataclass(frozen=True)
class Near(Objective):
    """The nearness term.

    lam: weight of the term.
    samples: weight of decoded draws of the prior against samples of paths.
    among: training samples that are searched, of the few thousand at hand at a step.
    """

    name = "near"
    whole_batch = ""
    noise = {"t": UNIFORM, "near": Noise("normal", "code")}
    needs_data = True

    lam: float = 0.1
    samples: float = 0.1
    among: int = 4096

    def __post_init__(self) -> None:
        if self.among < 1:
            raise UsageError(f"near.among counts samples and cannot be {self.among}.", "For example 4096.")
        if self.samples < 0:
            raise UsageError(f"near.samples is a weight and cannot be {self.samples:g}.", "0 leaves paths alone.")

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean of |x - nearest|^2 over path samples, plus `samples` times that over draws of the prior."""
        if not self.samples:
            return step.kind.reconstruction(self._nearest(step, step.x_t), step.x_t)
        (fresh,) = step.decode(step.fresh(step.drawn("near")[:, : step.x_t.shape[1]]))
        nearest = self._nearest(step, torch.cat((step.x_t, fresh), dim=1)).chunk(2, dim=1)
        on_paths, of_fresh = map(step.kind.reconstruction, nearest, (step.x_t, fresh))
        return on_paths + self.samples * of_fresh

    def _nearest(self, step: Step, samples: Tensor) -> Tensor:
        """Return the nearest (R, N, *shape) of the data to samples (R, N, *shape)."""
        data = step.data[:, : self.among]
        return rows(data.flatten(2), step.kind.closest(samples, data)).view(samples.shape)
