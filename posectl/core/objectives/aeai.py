"""AEAI: decoded interpolations look real, are encoded to the code that they came from, and move smoothly.

Source: Oring et al., "Autoencoder Image Interpolation by Shaping the Latent Space", 2021, Eq. 1 and section 2.3. No
code was published. Its three terms are regularizers of their own: adversarial, cycle and smooth.

Defaults: the paper's lambdas. Its loss of a pair sums two reconstructions, so they press half as hard as here: --preset
aeai has --lam 0.5, its net and its code. It states no optimiser.
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
    """The AEAI regularizer: the paper's three terms at one place of a path. For the means that are taken here, and for
    a `smooth` that is too large, see the files of the three.

    lam: weight of the sum of the three. Paper: 0.5, whose loss of a pair has two reconstructions to one of each
        term.
    adversarial: weight of `adversarial` in the sum. Paper: 0.01.
    cycle: weight of `cycle` in the sum. Paper: 0.01.
    smooth: weight of `smooth` in the sum. Paper: 0.1.
    """

    name = "aeai"
    encodes_again = True
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
