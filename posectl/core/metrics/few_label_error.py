"""The error of a classifier of few labels, with interpolations among its training samples and without."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.paths import PATHS, lerp
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.nets.layers import Activation, Linear, Replicated, initialise
from posectl.core.random import generator
from posectl.errors import TooFewError

SORTS = ("labelled", "paths", "crossfade")
DRAWS, BANK = 3, 1000
"""Draws of the labelled samples, and interpolations made of each."""

WIDTH, STEPS, BATCH, LR = 256, 500, 64, 1e-3


class _Draw(NamedTuple):
    """The training samples of one draw: labelled ones x (n, p) with labels (n,), and the interpolations among those of
    a class (BANK, p), by the model's path and by the cross-fade, with their labels (BANK,)."""

    x: Tensor
    labels: Tensor
    paths: Tensor
    faded: Tensor
    bank_labels: Tensor


@metric("few_label_error", better=dict.fromkeys(SORTS, "lower"))
def few_label_error(
    model: Autoencoder, train_samples: Tensor, labels: Tensor, test_samples: Tensor, test_labels: Tensor, classes: int,
    labelled: int, seed: int,
) -> Score:  # fmt: skip
    """Compute the share of test_samples (M, *shape) that a classifier gets wrong which learnt of `labelled` of
    train_samples (N, *shape), as many of each class; over three draws of them.

    `labelled`: of these alone; `paths`: half of every batch are places on the model's paths between two of a class,
    which bear its label; `crossfade`: places as far on the straight lines between the same two samples, for what an
    augmentation without any model does (mixup within classes). One hidden layer of 256 ReLUs, from the same beginning,
    500 steps of 64 by Adam. Source of the wish: AEAI, sections 1 and 5 ("new samples for data augmentation").

    Raises TooFewError where a class has fewer samples than are asked for.
    """
    device = model.device
    labels, test_labels = labels.to(device), test_labels.to(device)
    draws = [
        _draw(model, train_samples.to(device), labels, classes, labelled, generator(seed, "few-labels", i))
        for i in range(DRAWS)
    ]
    network = _trained(draws, classes, seed)
    tests = test_samples.to(device).flatten(1).expand(len(SORTS) * DRAWS, -1, -1)
    with torch.no_grad():
        wrong = network(tests).argmax(-1) != test_labels
    return {
        sort: summarise(wrong[i * DRAWS : (i + 1) * DRAWS], "1", labels=labelled, draws=DRAWS)
        for i, sort in enumerate(SORTS)
    }


def balanced(labels: Tensor, classes: int, count: int, g: torch.Generator) -> Tensor:
    """Draw `count` rows of labels (N,), as many of each class, of the first ones one more where that does not divide.

    Raises TooFewError where a class has too few.
    """
    rows = []
    for label in range(classes):
        own = torch.nonzero(labels.cpu() == label)[:, 0]
        wanted = count // classes + (label < count % classes)
        if wanted > len(own):
            raise TooFewError(
                f"Class {label} has {len(own)} training samples, and {wanted} of {count} labelled ones would be its.",
                f"--labelled {len(own) * classes} or fewer.",
            )
        rows.append(own[torch.randperm(len(own), generator=g)[:wanted]])
    return torch.cat(rows)


def _draw(
    model: Autoencoder, samples: Tensor, labels: Tensor, classes: int, count: int, g: torch.Generator
) -> _Draw:  # fmt: skip
    rows = balanced(labels, classes, count, g).to(samples.device)
    x, own = samples[rows], labels[rows]
    first = torch.randint(len(rows), (BANK,), generator=g).to(samples.device)
    alike = (own[first][:, None] == own).float().cpu()
    second = torch.multinomial(alike, 1, generator=g)[:, 0].to(samples.device)
    alpha = torch.rand(BANK, 1, generator=g).to(samples.device)
    codes = model.encode(x)
    decoded = model.decode(PATHS[model.prior.path](codes[first], codes[second], alpha))
    flat = x.flatten(1)
    return _Draw(flat, own, decoded.flatten(1), lerp(flat[first], flat[second], alpha), own[first])


def _trained(draws: list[_Draw], classes: int, seed: int) -> Replicated:
    """Train a classifier on every sort of samples of every draw, (SORTS x DRAWS) replicas, those of a draw alike."""
    size, count = draws[0].x.shape[1], len(SORTS) * DRAWS
    layers = Linear(count, size, WIDTH), Activation("relu"), Linear(count, WIDTH, classes)
    network = Replicated(*layers, outputs=(classes,))
    for replica in range(count):
        initialise(network, replica, generator(seed, "few-labels/init", replica % DRAWS))
    network.to(draws[0].x.device)
    adam = torch.optim.Adam(network.parameters(), lr=LR)
    half, g = BATCH // 2, generator(seed, "few-labels/batches")
    for _ in range(STEPS):
        real = torch.randint(len(draws[0].x), (BATCH,), generator=g)
        made = torch.randint(BANK, (half,), generator=g)
        batches = [
            *(d.x[real] for d in draws),
            *(torch.cat((d.x[real[:half]], d.paths[made])) for d in draws),
            *(torch.cat((d.x[real[:half]], d.faded[made])) for d in draws),
        ]
        alone = [d.labels[real] for d in draws]
        mixed = [torch.cat((d.labels[real[:half]], d.bank_labels[made])) for d in draws]
        logits = network(torch.stack(batches))
        loss = F.cross_entropy(logits.flatten(0, 1), torch.cat(alone + mixed + mixed), reduction="sum") / BATCH
        adam.zero_grad()
        loss.backward()
        adam.step()
    return network
