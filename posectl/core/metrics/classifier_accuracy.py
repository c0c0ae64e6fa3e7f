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


@metric("classifier_accuracy")
def classifier_accuracy(
    codes: Tensor, labels: Tensor, test_codes: Tensor, test_labels: Tensor, classes: int, seed: int,
    compat: str | None = None,
) -> Score:  # fmt: skip
    """Compute the share of test_codes (M, d) that a layer trained on codes (N, d) and labels (N,) classifies correctly.

    Softmax cross-entropy, Adam, batches of 64, codes as they are. The paper trains the layer beside the autoencoder and
    takes the median of its last 20 evaluations; here the codes are those of the finished encoder, which a larger rate
    reaches sooner; compat="acai" takes the published rate and number of steps.
    """
    fit = PUBLISHED if compat == "acai" else FIT
    weight, bias = _train(codes, labels.to(codes.device), classes, fit, generator(seed, "classifier"))
    predicted = F.linear(test_codes, weight, bias).argmax(1)
    return summarise(predicted == test_labels.to(predicted.device), "1", **fit._asdict())


def _train(codes: Tensor, labels: Tensor, classes: int, fit: Fit, g: torch.Generator) -> tuple[Tensor, Tensor]:
    weight = torch.zeros(classes, codes.shape[1], device=codes.device, requires_grad=True)
    bias = torch.zeros(classes, device=codes.device, requires_grad=True)
    adam = torch.optim.Adam([weight, bias], lr=fit.lr, fused=True)
    for _ in range(fit.steps):
        rows = torch.randint(len(codes), (BATCH,), generator=g).to(codes.device)
        loss = F.cross_entropy(F.linear(codes[rows], weight, bias), labels[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return weight.detach(), bias.detach()
