"""The gradient of a plain dense autoencoder, written out.

In a network as small as a pose's, most of a step is not arithmetic: autograd's graph and fresh tensors cost as much as
the matrix products. Where the loss is the reconstruction alone, the products can as well be called one after another
into the same memory. Everything else goes through autograd, which the tests hold this to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.kinds import Kind
from posectl.core.latent.priors import Prior
from posectl.core.nets.layers import Activation, Linear, Replicated
from posectl.core.objectives.base import Objective

# Their derivative can be told from what comes out, so they may overwrite what went in; the slope of negative values.
_SLOPES = {"leaky_relu": 0.2, "relu": 0.0}


class DensePlain:
    """Loss and gradient of one replica whose networks are dense and whose objectives leave the loss alone."""

    def __init__(self, encoder: Replicated, decoder: Replicated, prior: Prior, kind: Kind) -> None:
        self._coordinates = kind.coordinates
        self._encoder, self._decoder, self._prior = _Stack(encoder), _Stack(decoder), prior

    @classmethod
    def of(
        cls, networks: Mapping[str, nn.Module], prior: Prior, objectives: Sequence[Objective], kind: Kind
    ) -> DensePlain | None:
        """What takes the gradient of these networks' loss, or None where that is autograd's work."""
        encoder, decoder = networks["encoder"], networks["decoder"]
        if not (isinstance(encoder, Replicated) and isinstance(decoder, Replicated)):
            return None
        untouched = all(
            not (o.has_term or o.replaces_reconstruction) and type(o).corrupt_code is Objective.corrupt_code
            for o in objectives
        )
        fits = len(networks) == 2 and untouched and _is_dense(encoder) and _is_dense(decoder)
        return cls(encoder, decoder, prior, kind) if fits else None

    @torch.no_grad()
    def __call__(self, x: Tensor, x_in: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The squared error (1,) of reconstructing x (1, B, *shape) from x_in, and its gradient, in the order of the
        encoder's parameters and the decoder's. The gradients' memory is used again at the next call."""
        target = x.reshape(x.shape[1], -1)
        raw = self._encoder.forward(x_in.reshape(target.shape))
        codes = self._prior.project(raw)
        difference = (self._decoder.forward(codes) - target).view(-1)
        scale = self._coordinates / len(difference)
        loss = torch.dot(difference, difference) * scale
        self._decoder.backward(difference.mul_(2 * scale).view(target.shape))
        self._encoder.backward(self._prior.pull(self._decoder.of_input(), codes, raw))
        return loss[None], self._encoder.gradients + self._decoder.gradients


def _is_dense(network: Replicated) -> bool:
    """One replica of linear layers, with activations between whose slopes are known."""
    layers = list(network)
    linear = [layer for layer in layers[::2] if type(layer) is Linear and len(layer.matrix) == 1]
    between = [layer for layer in layers[1::2] if isinstance(layer, Activation) and layer.name in _SLOPES]
    return len(linear) + len(between) == len(layers)


class _Stack:
    """Linear layers of one replica and the activations between them; what is computed stays for the way back."""

    def __init__(self, network: Replicated) -> None:
        layers = list(network)
        self._slopes = [_SLOPES[layer.name] for layer in layers[1::2] if isinstance(layer, Activation)]
        linear = [layer for layer in layers[::2] if isinstance(layer, Linear)]
        # The same memory as the parameters', which move between calls.
        self._matrices = [layer.matrix.detach().squeeze(0) for layer in linear]
        self._biases = [layer.bias.detach() for layer in linear]
        self.gradients = [torch.empty_like(p) for layer in linear for p in (layer.matrix.detach(), layer.bias.detach())]
        self._of_matrices = [gradient.squeeze(0) for gradient in self.gradients[::2]]
        self._of_biases = [gradient.squeeze(0) for gradient in self.gradients[1::2]]
        self._inputs: list[Tensor] = []
        self._outputs: list[Tensor] = []
        self._of_outputs: list[Tensor] = []
        self._of_first: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(B, in) to (B, out), in memory that the next call uses again."""
        if not self._outputs or len(self._outputs[0]) != len(x):
            self._outputs = [x.new_empty(len(x), matrix.shape[1]) for matrix in self._matrices]
            self._of_outputs = [torch.empty_like(output) for output in self._outputs]
        self._inputs = [x, *self._outputs[:-1]]
        for i, output in enumerate(self._outputs):
            torch.addmm(self._biases[i], self._inputs[i], self._matrices[i], out=output)
            if i < len(self._slopes):
                F.leaky_relu_(output, self._slopes[i])
        return self._outputs[-1]

    def backward(self, of_output: Tensor) -> None:
        """Fill `gradients` from the loss's gradient by the output (B, out)."""
        for i in reversed(range(len(self._matrices))):
            torch.mm(self._inputs[i].t(), of_output, out=self._of_matrices[i])
            torch.sum(of_output, 0, out=self._of_biases[i])
            if i:
                of_input = torch.mm(of_output, self._matrices[i].t(), out=self._of_outputs[i - 1])
                of_output = torch.ops.aten.leaky_relu_backward.grad_input(
                    of_input, self._inputs[i], self._slopes[i - 1], True, grad_input=of_input
                )
        self._of_first = of_output

    def of_input(self) -> Tensor:
        """The gradient (B, in) by the input, after `backward`."""
        return torch.mm(self._of_first, self._matrices[0].t())
