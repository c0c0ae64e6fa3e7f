"""A body whose poses are linear in four numbers, and a model that knows it: what is fitted is known in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.fitting.neighbours import Examples
from posectl.core.latent.priors import NORMAL

LATENT = 4


@dataclass
class LinearModel:
    """decode(z) = middle + z M, exactly inverted by `encode`."""

    middle: Tensor
    matrix: Tensor
    latent: int = LATENT
    prior = NORMAL
    device = torch.device("cpu")

    def decoder(self, codes: Tensor) -> Tensor:
        return (self.middle + codes @ self.matrix).unflatten(-1, (17, 3))

    def decode(self, codes: Tensor) -> Tensor:
        return self.decoder(codes[None])[0]

    def encode(self, poses: Tensor) -> Tensor:
        return (poses.flatten(1) - self.middle) @ torch.linalg.pinv(self.matrix)


def linear_body(count: int = 400) -> tuple[LinearModel, Examples]:
    """Return the model, and `count` poses of it as examples, without bones."""
    g = torch.Generator().manual_seed(0)
    middle, matrix = 0.4 * torch.randn(51, generator=g), 0.1 * torch.randn(LATENT, 51, generator=g)
    middle[:3], matrix[:, :3] = 0, 0
    model = LinearModel(middle, matrix)
    codes = torch.randn(count, LATENT, generator=g)
    poses = model.decode(codes)
    return model, Examples(poses, codes, torch.zeros_like(poses))
