"""Shapes between and beyond others, where their factors are known: true clouds for paths and sums of real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posectl.core.latent.paths import alphas
from posectl.core.metrics.cloud_distances import assignment
from posectl.core.random import generator
from posectl.data.clouds import shapes
from posectl.data.dataset import TEST
from posectl.stages.artifacts.dataset import StoredDataset

STEPS = 9
"""Clouds on a path, both ends included."""

_TRIED = 256
"""Triples that are drawn for each one wanted, of which those within the range of the factors are taken."""


@dataclass(frozen=True)
class Morphs:
    """Real clouds that are combined, and the truth: of paths, ends (B, 2, P, 3) and between (B, STEPS, P, 3); of sums
    a - b + c, terms (S, 3, P, 3) and totals (S, P, 3). All clouds that belong together are of one class."""

    ends: Tensor
    between: Tensor
    terms: Tensor
    totals: Tensor


def has_factors(dataset: StoredDataset) -> bool:
    """Tell whether the shape at any factors can be drawn."""
    return dataset.about.scene.get("name") == "shapes"


def morphs_of(dataset: StoredDataset, most: int, seed: int, device: torch.device) -> Morphs:
    """Draw up to `most` paths and sums of test shapes, and the true clouds: drawn at factors evenly between those of
    the ends, and at the sum of the terms'."""
    rows = np.flatnonzero(dataset.split == TEST)
    rows = rows if len(rows) else np.arange(len(dataset.split))
    label = dataset.known("label")
    factors = np.stack([dataset.known(name) for name in dataset.about.factors], 1).astype(np.float64)

    pairs = _alike(rows, label, 2, most, seed)
    first, last = factors[pairs[:, 0]], factors[pairs[:, 1]]
    alpha = alphas(STEPS).double().numpy()[None, :, None]
    even = (1 - alpha) * first[:, None] + alpha * last[:, None]

    triples = _alike(rows, label, 3, most * _TRIED, seed)
    total = factors[triples[:, 0]] - factors[triples[:, 1]] + factors[triples[:, 2]]
    triples, total = (each[_within(total, label[triples[:, 0]], factors, label)][:most] for each in (triples, total))

    def drawn(values: np.ndarray, classes: np.ndarray) -> Tensor:
        return torch.from_numpy(_drawn(dataset, values, classes, seed)).to(device)

    return Morphs(
        ends=torch.from_numpy(dataset.samples[pairs]).to(device),
        between=drawn(even, label[pairs[:, 0]]),
        terms=torch.from_numpy(dataset.samples[triples]).to(device),
        totals=drawn(total[:, None], label[triples[:, 0]])[:, 0],
    )


def _alike(rows: np.ndarray, label: np.ndarray, size: int, count: int, seed: int) -> np.ndarray:
    """Draw groups (count, size) of different rows of one class each, classes as often as they have rows."""
    g = generator(seed, f"evaluate/morphs of {size}")
    classes = [some for name in np.unique(label[rows]) if len(some := rows[label[rows] == name]) >= size]
    if not classes:
        return np.empty((0, size), dtype=np.int64)
    weights = torch.tensor([float(len(some)) for some in classes])
    chosen = torch.multinomial(weights, count, replacement=True, generator=g)
    order = torch.rand(count, max(map(len, classes)), generator=g)
    return np.stack(
        [classes[c][one[: len(classes[c])].argsort()[:size].numpy()] for c, one in zip(chosen, order, strict=True)]
    )


def _within(values: np.ndarray, classes: np.ndarray, factors: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Tell which values (N, F) lie within the range of the factors of their class."""
    inside = np.zeros(len(values), dtype=bool)
    for name in np.unique(classes):
        of_class = factors[label == name]
        held = (values >= of_class.min(0)) & (values <= of_class.max(0))
        inside |= held.all(1) & (classes == name)
    return inside


def _drawn(dataset: StoredDataset, values: np.ndarray, classes: np.ndarray, seed: int) -> np.ndarray:
    """Draw the clouds (B, T, P, 3) of shapes of classes (B,) at factors (B, T, F)."""
    clouds = np.empty((*values.shape[:2], *dataset.shape), np.float32)
    for b, t in np.ndindex(values.shape[:2]):
        name = dataset.about.class_names[int(classes[b])]
        at = dict(zip(dataset.about.factors, values[b, t].tolist(), strict=True))
        clouds[b, t] = shapes.draw(name, at, dataset.shape[0], np.random.default_rng([seed, b, t]))
    return clouds


def crossfade(terms: Tensor, weights: Tensor) -> Tensor:
    """Mix clouds (B, K, P, 3) by weights (T, K) point by point, in whatever order they have them: (B, T, P, 3)."""
    return torch.einsum("tk,bkpc->btpc", weights.to(terms), terms)


def matched(terms: Tensor, weights: Tensor) -> Tensor:
    """Mix clouds as `crossfade`, but the points of the first with those that the earth mover would match them with."""
    ordered = [torch.stack([one[0], *(each[assignment(one[0], each)] for each in one[1:])]) for one in terms]
    return crossfade(torch.stack(ordered), weights)


MIXES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"crossfade": crossfade, "matched": matched}


def path_weights() -> Tensor:
    """Return the weights (STEPS, 2) of both ends along a path."""
    alpha = alphas(STEPS).double()
    return torch.stack([1 - alpha, alpha], 1)


SUM_WEIGHTS = torch.tensor([[1.0, -1.0, 1.0]])
