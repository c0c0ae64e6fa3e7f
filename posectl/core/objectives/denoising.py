"""Denoising: the input is hidden under Gaussian noise, and the clean sample is to be reconstructed.

Source: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", 2008; with Gaussian
noise, a baseline of Berthelot et al., 2018, whose setting this is for images (brain-research/acai, denoising.py).

Defaults: Berthelot et al.'s noise for images; not their Adam at 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.objectives import objective
from posectl.core.objectives.base import Objective, check_unweighted
from posectl.core.objectives.step import Noise
from posectl.errors import UsageError


@objective("denoising")
@dataclass(frozen=True)
class Denoising(Objective):
    """The denoising autoencoder.

    lam: weighs nothing, for there is no term.
    sigma: standard deviation of the noise, in the samples' own unit; none given: the kind of sample decides, 1 for
        images and 0.05 m in each coordinate for poses. Paper: 1, of images in [-1, 1].
    """

    name = "denoising"
    whole_batch = ""
    has_term = False
    noise = {"denoising": Noise("normal", "sample")}

    lam: float = 1.0
    sigma: float | None = None

    def __post_init__(self) -> None:
        check_unweighted(self, "denoising.sigma")
        if self.sigma is not None and self.sigma < 0:
            raise UsageError(
                f"denoising.sigma is a deviation and cannot be {self.sigma}.", "For example 0.05, in metres."
            )

    def corrupt_input(self, x: Tensor, noise: Mapping[str, Tensor], kind: Kind) -> Tensor:
        """Add sigma N(0, 1)."""
        sigma = kind.noise if self.sigma is None else self.sigma
        return x + sigma * noise["denoising"]
