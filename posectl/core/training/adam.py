"""Adam over every parameter of every replica, one fused pass a group.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015. torch.optim's fused Adam keeps a step counter
for each parameter and advances them one by one, which costs as much as the arithmetic of a small network.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Adam:
    """The moments of one group of parameters, and how many updates they have had."""

    def __init__(self, parameters: Sequence[nn.Parameter], rate: float, betas: tuple[float, float]) -> None:
        self.parameters, self.rate, self.betas = list(parameters), rate, betas
        self.mean = [torch.zeros_like(p) for p in self.parameters]
        self.square = [torch.zeros_like(p) for p in self.parameters]
        device = self.parameters[0].device if self.parameters else None
        self.updates = torch.zeros((), device=device)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor | None], pace: Tensor | None = None) -> None:
        """Move against the gradients, None for a parameter that stays. pace (R,), in [0, 1], scales the moves of each
        replica, as a learning rate does and the size of a gradient would not."""
        self.updates += 1
        rows = [
            (p, g.contiguous(), m, s)
            for p, g, m, s in zip(self.parameters, gradients, self.mean, self.square, strict=True)
            if g is not None
        ]
        if not rows:
            return
        parameters, given, mean, square = (list(column) for column in zip(*rows, strict=True))
        before = [p.clone() for p in parameters] if pace is not None else []
        torch._fused_adam_(
            parameters, given, mean, square, [], [self.updates] * len(parameters), lr=self.rate, beta1=self.betas[0],
            beta2=self.betas[1], weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip
        for parameter, old in zip(parameters, before, strict=False):
            share = pace.view(-1, *[1] * (old.dim() - 1))  # type: ignore[union-attr]
            parameter.copy_(torch.lerp(old, parameter, share))
