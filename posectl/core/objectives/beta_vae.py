"""Beta-VAE: a VAE whose divergence weighs more than the likelihood asks for.

Source: Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework", 2017,
Eq. 4.

Defaults: the paper's beta for 2D shapes; not its optimiser, nor its networks.
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.objectives import objective
from posectl.core.objectives.vae import VAE


@objective("beta-vae")
@dataclass(frozen=True)
class BetaVAE(VAE):
    """The beta-VAE.

    lam: weight of the divergence, beta. Paper: 4 for its 2D shapes; 5 to 250 for other data.
    """

    name = "beta-vae"

    lam: float = 4.0
