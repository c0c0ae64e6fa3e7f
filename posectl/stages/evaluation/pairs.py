"""Random pairs of samples to go between."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.random import generator


def random_pairs(size: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (count,) of first and last samples among `size`: any two, never the same one twice."""
    g = generator(seed, "evaluate/walks")
    first = torch.randint(size, (count,), generator=g)
    # A shift by 1 to n - 1 makes every other sample as likely and never the same one.
    shift = torch.randint(1, size, (count,), generator=g)
    return first.numpy(), ((first + shift) % size).numpy()
