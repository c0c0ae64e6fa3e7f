"""Spectral norm: a network whose weights are divided by their largest singular value, so that it cannot grow steep.

Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018, Algorithm 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Spectral(nn.Module):
    """The network `inner` with every weight (R, rows, ...) divided by its own norm, as a matrix of that many rows.
    Biases stay. The norm is estimated by power iteration, one a pass in training."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self._weights = [name for name, parameter in inner.named_parameters() if parameter.dim() > 2]
        for index, name in enumerate(self._weights):
            shape = inner.get_parameter(name).shape
            self.register_buffer(f"singular{index}", torch.zeros(shape[:2]))

    def forward(self, x: Tensor) -> Tensor:
        return torch.func.functional_call(self.inner, self._normed(), (x,))

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Start each iteration from a random vector."""
        for _, vector in self.named_buffers(recurse=False):
            drawn = torch.empty(vector.shape[1]).normal_(generator=generator)
            vector[replica] = F.normalize(drawn, dim=0)

    def _normed(self) -> dict[str, Tensor]:
        weights = {name: self.inner.get_parameter(name) for name in self._weights}
        vectors = (vector for _, vector in self.named_buffers(recurse=False))
        return {
            name: self._over_norm(weight, left) for (name, weight), left in zip(weights.items(), vectors, strict=True)
        }

    def _over_norm(self, weight: Tensor, left: Tensor) -> Tensor:
        matrix = weight.flatten(2)
        with torch.no_grad():
            right = F.normalize(_row_times(left, matrix), dim=1)
            if self.training:
                left.copy_(F.normalize(_times_column(matrix, right), dim=1))
            now = left.clone()
        norm = (now * _times_column(matrix, right)).sum(1, keepdim=True)
        # One norm a row: the gradient of a single number is a sum over the matrix, which threads would share out.
        return (matrix / norm.expand_as(left)[..., None]).view_as(weight)


# Written out, for a library's product with a vector depends on how many replicas there are.
def _times_column(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix * vector[:, None]).sum(2)


def _row_times(vector: Tensor, matrix: Tensor) -> Tensor:
    return (vector[..., None] * matrix).sum(1)
