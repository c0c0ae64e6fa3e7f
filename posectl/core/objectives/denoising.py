"""Denoising: the input is hidden under Gaussian noise, and the clean sample is to be reconstructed.

Source: Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", 2008; with Gaussian
noise, a baseline of Berthelot et al., 2018, whose setting this is for images (brain-research/acai, denoising.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import Objective, are_points, check_unweighted, objective
from posectl.core.objectives.step import Draw
from posectl.errors import UsageError

_OF_IMAGES, _OF_POINTS = 1.0, 0.05


@objective("denoising")
@dataclass(frozen=True)
class Denoising(Objective):
    """sigma is the noise's standard deviation in the samples' own unit. None: 1.0 for images in [-1, 1], as published,
    and 0.05 m in each coordinate for points, for a metre would leave nothing of a pose."""

    name = "denoising"
    has_term = False
    draws = {"denoising": Draw("normal", "sample")}

    lam: float = 1.0
    sigma: float | None = None

    def __post_init__(self) -> None:
        check_unweighted(self, "denoising.sigma")
        if self.sigma is not None and self.sigma < 0:
            raise UsageError(
                f"denoising.sigma is a deviation and cannot be {self.sigma}.", "For example 0.05, in metres."
            )

    def corrupt_input(self, x: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
        """x + sigma N(0, 1)."""
        sigma = self.sigma
        if sigma is None:
            sigma = _OF_POINTS if are_points(x) else _OF_IMAGES
        return x + sigma * noise["denoising"]
