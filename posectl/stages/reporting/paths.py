"""Paths of a model between test samples: the best, the median and the worst by each metric; and draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import sample_codes
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.transitions import end_to_end, path_lengths, transitions
from posectl.core.random import generator
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.endpoints import random_pairs

STEPS = 25
_PAIRS = 100
PLACES = {"best": 0.0, "median": 0.5, "worst": 1.0}


@dataclass(frozen=True)
class Played:
    """A path to be played: what it is the best, median or worst of, its value there, and its samples (T, *shape)."""

    metric: str
    place: str
    value: float
    samples: np.ndarray


def played_paths(model: Autoencoder, dataset: StoredDataset, reference: torch.Tensor, seed: int) -> list[Played]:
    """Decode a hundred paths between test samples, and pick three by each metric: length ratio, greatest over smallest
    transition, and mean distance to the nearest real sample. Lower is better in each."""
    test = torch.from_numpy(dataset.test if len(dataset.test) > 1 else dataset.train)
    first, last = random_pairs(len(test), _PAIRS, seed)
    a, b = (model.encode(test[torch.from_numpy(rows)]) for rows in (first, last))
    paths = model.decode_path(a, b, STEPS)
    found: list[Played] = []
    for name, values in _values(model, paths, reference).items():
        finite = np.flatnonzero(np.isfinite(values))
        order = finite[np.argsort(values[finite], kind="stable")]
        for place, share in PLACES.items():
            if len(order):
                row = int(order[round(share * (len(order) - 1))])
                found.append(Played(name, place, float(values[row]), paths[row].cpu().numpy()))
    return found


def _values(model: Autoencoder, paths: torch.Tensor, reference: torch.Tensor) -> dict[str, np.ndarray]:
    kind = model.kind
    steps = transitions(paths, kind)
    distances, _ = nearest(paths.flatten(0, 1), reference, 1, kind.path_search)
    return {
        "length ratio": (path_lengths(paths, kind) / end_to_end(paths, kind)).cpu().numpy(),
        "fastest over slowest step": (steps.amax(1) / steps.amin(1)).cpu().numpy(),
        "distance to real samples": distances.view(len(paths), -1).mean(1).cpu().numpy(),
    }


def drawn(model: Autoencoder, reference: torch.Tensor, count: int, seed: int) -> dict[str, Any]:
    """Return samples (n, *shape) of draws from the prior, the real samples nearest to them, and distances (n,)."""
    codes = sample_codes(model.prior, count, model.latent, generator(seed, "report/draws"))
    samples = model.decode(codes)
    distances, rows = nearest(samples, reference, 1, model.kind.search)
    return {
        "samples": samples.cpu().numpy(),
        "nearest": reference[rows[:, 0].cpu()].numpy(),
        "distances": distances[:, 0].cpu().numpy(),
    }
