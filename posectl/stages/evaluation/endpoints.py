"""Real samples that paths go between."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.random import generator


def random_pairs(size: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows (count,) of first and last samples among `size`: any two, never the same one twice."""
    g = generator(seed, "evaluate/walks")
    first = torch.randint(size, (count,), generator=g)
    # A shift by 1 to n - 1 makes every other sample as likely and never the same one.
    shift = torch.randint(1, size, (count,), generator=g)
    return first.numpy(), ((first + shift) % size).numpy()


def all_pairs(size: int, endpoints: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `endpoints` among `size` rows, and return the first and last rows of all their pairs."""
    chosen = torch.randperm(size, generator=generator(seed, "evaluate/endpoints"))[:endpoints].numpy()
    first, second = np.triu_indices(endpoints, 1)
    return chosen[first], chosen[second]
