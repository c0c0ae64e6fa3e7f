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
        # The same memory, which may be moved without halting autograd at every step.
        self._values = [p.detach() for p in self.parameters]
        self.mean = [torch.zeros_like(p) for p in self._values]
        self.square = [torch.zeros_like(p) for p in self._values]
        device = self.parameters[0].device if self.parameters else None
        self.updates = torch.zeros((), device=device)

    def step(self, gradients: Sequence[Tensor | None], pace: Tensor | None = None) -> None:
        """Move against the gradients, None for a parameter that stays. pace (R,), in [0, 1], scales the moves of each
        replica, as a learning rate does and the size of a gradient would not."""
        self.updates += 1
        there = [i for i, gradient in enumerate(gradients) if gradient is not None]
        if not there:
            return
        given = [gradient.contiguous() for gradient in gradients if gradient is not None]
        values, mean, square = self._values, self.mean, self.square
        if len(there) < len(values):
            values, mean, square = ([column[i] for i in there] for column in (values, mean, square))
        before = [value.clone() for value in values] if pace is not None else []
        rows = _rows(values)
        torch._fused_adam_(
            rows, _rows(given), _rows(mean), _rows(square), [], [self.updates] * len(rows), lr=self.rate,
            beta1=self.betas[0], beta2=self.betas[1], weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip
        for value, old in zip(values, before, strict=False):
            share = pace.view(-1, *[1] * (old.dim() - 1))  # type: ignore[union-attr]
            value.copy_(torch.lerp(old, value, share))


def _rows(tensors: list[Tensor]) -> list[Tensor]:
    """Each replica's part of each tensor. The fused pass rounds what fills a vector register otherwise than what is
    left at a tensor's end, so a whole stack's rows would not move to the bit as they do alone."""
    if tensors[0].is_cuda or len(tensors[0]) == 1:
        return tensors
    return [row for tensor in tensors for row in tensor.unbind()]
