"""Batches and noise, drawn a block of steps ahead on the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from posectl.core.objectives.step import Draw
from posectl.core.random import generator

# Steps drawn at once. Part of what a seed means: another number is another stream.
BLOCK = 128


@dataclass(frozen=True)
class Block:
    """x (BLOCK, R, B, *shape), and noise by name (BLOCK, R, B, ...)."""

    x: Tensor
    noise: Mapping[str, Tensor]


@dataclass
class Batches:
    """The batches of R replicas over samples (N, *shape) that stay on the device; each replica has its own stream.

    Every epoch is a new permutation, a function of (seed, epoch); batches run on across its end. Block i of a seed is
    the same whenever and wherever it is drawn.
    """

    samples: Tensor
    batch: int
    seeds: tuple[int, ...]
    latent: int
    draws: Mapping[str, Draw]
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None

    def block(self, index: int) -> Block:
        """The batches and noise of steps index * BLOCK and on."""
        device, shape = self.samples.device, tuple(self.samples.shape[1:])
        first, count = index * BLOCK * self.batch, BLOCK * self.batch
        xs, noises = [], []
        for seed in self.seeds:
            chosen = order(seed, len(self.samples), first, count).to(device)
            x = self.samples[chosen].view(BLOCK, self.batch, *shape)
            xs.append(self.augment(x, generator(seed, "augment", index)) if self.augment else x)
            noises.append({
                name: draw.draw(BLOCK, self.batch, self.latent, shape, generator(seed, f"noise/{name}", index))
                for name, draw in self.draws.items()
            })  # fmt: skip
        noise = {name: torch.stack([n[name] for n in noises], dim=1).to(device) for name in self.draws}
        return Block(torch.stack(xs, dim=1), noise)


def order(seed: int, samples: int, first: int, count: int) -> Tensor:
    """The rows (count,) that a run of this seed visits from its first-th sample on."""
    epochs = range(first // samples, (first + count - 1) // samples + 1)
    rows = torch.cat([_permutation(seed, samples, epoch) for epoch in epochs])
    start = first - epochs[0] * samples
    return rows[start : start + count]


@lru_cache(maxsize=64)
def _permutation(seed: int, samples: int, epoch: int) -> Tensor:
    return torch.randperm(samples, generator=generator(seed, "order", epoch))
