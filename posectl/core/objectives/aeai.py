"""AEAI: decoded interpolations look real, are encoded to the code that they came from, and move smoothly.

Source: Oring et al., "Autoencoder Image Interpolation by Shaping the Latent Space", 2021, Eq. 1 and section 2.3. No
code was published. Its three terms are regularizers of their own: adversarial, cycle and smooth.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.adversarial import Adversarial
from posectl.core.objectives.base import Networks
from posectl.core.objectives.cycle import inconsistency
from posectl.core.objectives.smooth import unevenness
from posectl.core.objectives.step import Step


@objective("aeai")
@dataclass(frozen=True)
class AEAI(Adversarial):
    """The AEAI regularizer. `adversarial`, `cycle` and `smooth` are the paper's lambdas of its three terms, evaluated
    at one place of a path, and lam scales their sum. For `grid`, see path_points.py; for the means that are taken here,
    and for a `smooth` that is too large, the three files."""

    name = "aeai"
    needs_velocity = True

    lam: float = 1.0
    adversarial: float = 0.01
    cycle: float = 0.01
    smooth: float = 0.1

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return lambda_A L_A + lambda_C L_C + lambda_S L_S of Eq. 1; L_R is the plain reconstruction."""
        return (
            self.adversarial * super().term(step, networks)
            + self.cycle * inconsistency(step, self.grid)
            + self.smooth * unevenness(step, self.grid)
        )
