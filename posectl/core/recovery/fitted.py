"""A model's fit as a recovery of poses."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting.bones import lengths, settle
from posectl.core.fitting.fit import fit
from posectl.core.fitting.neighbours import Examples
from posectl.core.fitting.smooth import smoothed
from posectl.core.random import generator
from posectl.core.recovery import Recovery

SMOOTH = 10.0
"""The weight of squared acceleration in clips: `posectl fit --smooth 10`."""


class Fit(Recovery):
    """`posectl.core.fitting` by a model, among examples."""

    def __init__(self, model: Autoencoder, examples: Examples, seed: int) -> None:
        self._model, self._examples, self._seed = model, examples, seed

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, S, J, 3), the most likely first."""
        return self._fitted(poses, known, hypotheses, 0.0)

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3)."""
        return self._fitted(poses, torch.ones(poses.shape[:2], dtype=torch.bool, device=poses.device), 1, noise)

    def denoise_clips(self, clips: Tensor, noise: float) -> Tensor:
        """Return clips (B, T, J, 3): every frame by itself, then smoothed; bones get their lengths back."""
        made = super().denoise_clips(clips, noise)
        smooth = torch.stack([torch.from_numpy(smoothed(clip.cpu().numpy(), SMOOTH)) for clip in made]).to(made)
        flat, bones = smooth.flatten(0, 1), torch.tensor(self._examples.bones, device=made.device)
        usual, free = lengths(made.flatten(0, 1), bones), torch.zeros(flat.shape[:2]).to(flat)
        return settle(flat, bones, usual, flat, free).view_as(made)

    def _fitted(self, poses: Tensor, known: Tensor, hypotheses: int, noise: float) -> Tensor:
        g = generator(self._seed, "evaluate/fit")
        return fit(self._model, poses, known, self._examples, hypotheses=hypotheses, noise=noise, generator=g).poses
