"""Coverage: some fresh code decodes to near every sample of the data.

Of many codes drawn from the prior, the one whose decode is nearest to a sample is drawn to it. Source: Li and Malik,
"Implicit Maximum Likelihood Estimation", 2018 (arXiv:1809.09087), Algorithm 1, with new codes at each step; the metric
that it serves is the recall distance of Naayem, section IV.B. The weight is posectl's own, found on poses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.lookup import rows
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError


@objective("cover")
@dataclass(frozen=True)
class Cover(Objective):
    """The coverage term: every sample of the batch chooses among all codes that are drawn for any of them.

    lam: weight of the term.
    codes: codes drawn for each sample: the more there are, the nearer is the one that is chosen, and the less it
        costs the reconstruction to draw it nearer still.
    """

    name = "cover"
    whole_batch = "a sample chooses among all codes that are drawn for its batch"

    lam: float = 0.1
    codes: int = 24

    def __post_init__(self) -> None:
        if self.codes < 1:
            raise UsageError(f"cover.codes counts codes a sample and cannot be {self.codes}.", "For example 24.")

    @property
    def noise(self) -> Mapping[str, Noise]:  # type: ignore[override]
        """The noise of the codes."""
        return {"cover": Noise("normal", "code", times=self.codes)}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean of |x - decode(z)|^2, z the fresh code that decodes nearest to x."""
        codes = step.fresh(step.drawn("cover").flatten(1, -2))
        with torch.no_grad():
            (candidates,) = step.decode(codes)
        which = step.kind.closest(step.x, candidates)
        (chosen,) = step.decode(rows(codes, which))
        return step.kind.reconstruction(step.x, chosen)
