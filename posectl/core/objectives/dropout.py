"""Dropout: elements of the code are dropped at random before it is decoded, in training.

Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014; on codes, a
baseline of Berthelot et al., 2018, whose setting this is (brain-research/acai, dropout.py).

Defaults: Berthelot et al.'s share; not their Adam at 1e-4.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Objective, check_unweighted
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError


@objective("dropout")
@dataclass(frozen=True)
class Dropout(Objective):
    """Dropout of codes. What stays of one is multiplied by 1 / keep, so that its mean stays the same. On the sphere the
    result is brought back to unit length: the decoder sees no other codes in use.

    lam: weighs nothing, for there is no term.
    keep: probability that an element of a code stays. Paper: 0.5.
    """

    name = "dropout"
    whole_batch = ""
    has_term = False
    noise = {"dropout": Noise("uniform", "code")}

    lam: float = 1.0
    keep: float = 0.5

    def __post_init__(self) -> None:
        check_unweighted(self, "dropout.keep")
        if not 0 < self.keep <= 1:
            raise UsageError(
                f"dropout.keep is a probability above 0, and {self.keep} is not.", "0.5 keeps half of a code."
            )

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor:
        """Drop elements of z (R, B, d)."""
        kept = step.drawn("dropout") < self.keep
        return step.prior.project(z * kept / self.keep)
