"""The accuracy of a single linear layer that classifies the frozen codes (ACAI, section 4.1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.random import generator

BATCH = 64


class Fit(NamedTuple):
    """The learning rate and number of steps of Adam."""

    lr: float
    steps: int


FIT = Fit(1e-3, 10_000)
PUBLISHED = Fit(1e-4, 1 << 18)

ITERATIONS = 1000
"""Iterations of L-BFGS, at most; standardised codes take a few dozen."""

CONVERGED = 0.02
"""Nats that the layer's cross-entropy may lie above that of the layer that has converged."""


class Layer(NamedTuple):
    """A linear layer: weight (classes, d) and bias (classes,)."""

    weight: Tensor
    bias: Tensor

    def __call__(self, codes: Tensor) -> Tensor:
        return F.linear(codes, self.weight, self.bias)


@metric("classifier_accuracy", better="higher")
def classifier_accuracy(
    codes: Tensor, labels: Tensor, test_codes: Tensor, test_labels: Tensor, classes: int, seed: int,
    compat: str | None = None, features: Tensor | None = None, test_features: Tensor | None = None,
) -> Score:  # fmt: skip
    """Compute the share of test_codes (M, d) that a layer trained on codes (N, d) and labels (N,) classifies correctly.

    Softmax cross-entropy, Adam, batches of 64, codes as they are. The paper trains the layer beside the autoencoder and
    takes the median of its last 20 evaluations; here the codes are those of the finished encoder, which a larger rate
    reaches sooner; compat="acai" takes the published rate and number of steps. features, test_features: what the layer
    reads in place of the codes; the paper's, of a VAE, reads what means and variances are made of.

    So many steps reach only so far, and small codes not at all: `standardised` is the share by a layer that does not
    depend on scale: codes of mean 0 and deviation 1, trained until it converges, with |W|^2 / (2 N) beside the
    cross-entropy. Where that of the first layer is more than CONVERGED nats above, `warning` says so.
    """
    if features is not None and test_features is not None:
        codes, test_codes = features, test_features
    labels, test_labels = labels.to(codes.device), test_labels.to(codes.device)
    fit = PUBLISHED if compat == "acai" else FIT
    layer = _train(codes, labels, classes, fit, generator(seed, "classifier"))
    mean, deviation = codes.double().mean(0), codes.double().std(0)
    scale = torch.where(deviation > 0, deviation, 1.0)
    standard, test_standard = ((some.double() - mean) / scale for some in (codes, test_codes))
    settled = converge(standard, labels, classes)
    loss, least = (
        F.cross_entropy(logits.double(), labels).item() for logits in (layer(codes), settled(standard))
    )  # fmt: skip
    slow = {} if loss <= least + CONVERGED else {
        "warning": f"The layer has not converged after {fit.steps:,} steps: its cross-entropy is {loss:.3g}, and "
        f"{least:.3g} can be reached. `standardised` is the accuracy by codes of deviation 1, at convergence."
    }  # fmt: skip
    return summarise(
        layer(test_codes).argmax(1) == test_labels, "1", **fit._asdict(), loss=loss, **slow,
        standardised=summarise(settled(test_standard).argmax(1) == test_labels, "1", loss=least),
    )  # fmt: skip


def _train(codes: Tensor, labels: Tensor, classes: int, fit: Fit, g: torch.Generator) -> Layer:
    weight = torch.zeros(classes, codes.shape[1], device=codes.device, requires_grad=True)
    bias = torch.zeros(classes, device=codes.device, requires_grad=True)
    adam = torch.optim.Adam([weight, bias], lr=fit.lr, fused=True)
    for _ in range(fit.steps):
        rows = torch.randint(len(codes), (BATCH,), generator=g).to(codes.device)
        loss = F.cross_entropy(F.linear(codes[rows], weight, bias), labels[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return Layer(weight.detach(), bias.detach())


def converge(codes: Tensor, labels: Tensor, classes: int) -> Layer:
    """Minimise the mean cross-entropy of codes (N, d) float64 + |W|^2 / (2 N), which has one minimum."""
    weight = torch.zeros(classes, codes.shape[1], dtype=codes.dtype, device=codes.device, requires_grad=True)
    bias = torch.zeros(classes, dtype=codes.dtype, device=codes.device, requires_grad=True)
    bfgs = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, tolerance_grad=1e-7, tolerance_change=0, line_search_fn="strong_wolfe"
    )  # fmt: skip

    def step() -> Tensor:
        bfgs.zero_grad()
        loss = F.cross_entropy(F.linear(codes, weight, bias), labels) + weight.square().sum() / (2 * len(codes))
        loss.backward()
        return loss

    bfgs.step(step)
    return Layer(weight.detach(), bias.detach())
