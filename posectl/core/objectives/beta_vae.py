"""Beta-VAE: a VAE whose divergence weighs more than the likelihood asks for.

Source: Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework", 2017,
Eq. 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.objectives import objective
from posectl.core.objectives.vae import VAE


@objective("beta-vae")
@dataclass(frozen=True)
class BetaVAE(VAE):
    """The beta-VAE. lam is beta, 4 as for the paper's 2D shapes; its other data have 5 to 250."""

    name = "beta-vae"

    lam: float = 4.0
