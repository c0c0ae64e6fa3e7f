"""Adam over every parameter of every replica, one fused pass a group.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015. torch.optim's fused Adam keeps a step counter
for each parameter and advances them one by one, which costs as much as the arithmetic of a small network.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# Floats in the widest vector register.
_REGISTER = 16


class Adam:
    """The moments of one group of parameters, and how many updates they have had."""

    def __init__(self, parameters: Sequence[nn.Parameter], rate: float, betas: tuple[float, float]) -> None:
        self.parameters, self.rate, self.betas = list(parameters), rate, betas
        # The same memory, which may be moved without halting autograd at every step.
        self._values = [p.detach() for p in self.parameters]
        self.mean = [torch.zeros_like(p) for p in self._values]
        self.square = [torch.zeros_like(p) for p in self._values]
        self.updates = torch.zeros((), device=self.parameters[0].device)
        # The fused pass rounds what fills a vector register otherwise than what is left at a tensor's end. Replicas
        # that end within a register go one by one, so that each moves to the bit as it does alone.
        self._apart = [p.shape[0] > 1 and p[0].numel() % _REGISTER > 0 and not p.is_cuda for p in self._values]
        self._rows = [self._in_rows(tensors) for tensors in (self._values, self.mean, self.square)]

    def step(self, gradients: Sequence[Tensor], scale: Tensor | None = None) -> None:
        """Move against the gradients. scale (R,), in [0, 1], scales the moves of each replica, as a learning rate does
        and the size of a gradient would not."""
        self.updates += 1
        before = [value.clone() for value in self._values] if scale is not None else []
        values, mean, square = self._rows
        torch._fused_adam_(
            values, self._in_rows([gradient.contiguous() for gradient in gradients]), mean, square, [],
            [self.updates] * len(values), lr=self.rate, beta1=self.betas[0], beta2=self.betas[1], weight_decay=0.0,
            eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip
        for value, old in zip(self._values, before, strict=False):
            share = scale.view(-1, *[1] * (old.dim() - 1))  # type: ignore[union-attr]
            value.copy_(torch.lerp(old, value, share))

    def _in_rows(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """A tensor a parameter, but a row a replica of those that go apart."""
        rows: list[Tensor] = []
        for tensor, apart in zip(tensors, self._apart, strict=True):
            rows += tensor.unbind() if apart else (tensor,)
        return rows
