"""Batches and noise, drawn a block of steps ahead on the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import torch
from torch import Tensor

from posectl.core.objectives.step import Noise
from posectl.core.random import generator

# Steps drawn at once, fewer where samples are large. Part of what a seed means: another number is another stream.
BLOCK = 128
_NUMBERS = 1 << 23

LabelledSamples = tuple[Tensor, Tensor | None]


class SampleStream(Protocol):
    """A source of training samples. `read` returns the first-th sample and on of the run of a seed: samples
    (count, *shape) and labels (count,), or None, on the device. first is a multiple of count."""

    shape: tuple[int, ...]
    device: torch.device

    def read(self, seed: int, first: int, count: int) -> LabelledSamples: ...


class FiniteSamples:
    """Samples (N, *shape) that stay on the device. Every epoch is a new permutation, a function of (seed, epoch);
    batches run on across its end."""

    def __init__(self, samples: Tensor, labels: Tensor | None = None) -> None:
        self.samples, self.labels = samples, labels
        self.shape, self.device = tuple(samples.shape[1:]), samples.device

    def read(self, seed: int, first: int, count: int) -> LabelledSamples:
        rows = order(seed, len(self.samples), first, count).to(self.device)
        return self.samples[rows], None if self.labels is None else self.labels[rows]


class GeneratedSamples:
    """Samples that are drawn afresh, never the same one twice: `draw` makes (count, *shape) and labels or None from a
    generator."""

    def __init__(
        self, draw: Callable[[int, torch.Generator], LabelledSamples], shape: tuple[int, ...], device: torch.device
    ) -> None:
        self.draw, self.shape, self.device = draw, shape, device

    def read(self, seed: int, first: int, count: int) -> LabelledSamples:
        samples, labels = self.draw(count, generator(seed, "draw", first // count))
        return samples.to(self.device), None if labels is None else labels.to(self.device)


@dataclass(frozen=True)
class Block:
    """x (steps, R, B, *shape), labels (steps, R, B) or None, and noise by name (steps, R, B, ...)."""

    x: Tensor
    noise: Mapping[str, Tensor]
    labels: Tensor | None = None

    @cached_property
    def samples(self) -> Tensor:
        """All of x, (R, steps * B, *shape)."""
        return self.x.transpose(0, 1).flatten(1, 2)


@dataclass
class Batches:
    """The batches of R replicas; each replica has its own stream. Block i of a seed is the same whenever and wherever
    it is drawn."""

    samples: SampleStream
    batch: int
    seeds: tuple[int, ...]
    latent: int
    noise: Mapping[str, Noise]
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None

    @property
    def steps(self) -> int:
        """Return the number of steps in a block: a power of two."""
        fitting = max(1, _NUMBERS // (self.batch * math.prod(self.samples.shape)))
        return min(BLOCK, 1 << (fitting.bit_length() - 1))

    @property
    def numbers(self) -> int:
        """Return how many numbers a block of one replica holds, noise and all."""
        draw = torch.Generator()
        noise = sum(each.sample(1, 1, self.latent, self.samples.shape, draw).numel() for each in self.noise.values())
        return self.steps * self.batch * (math.prod(self.samples.shape) + noise)

    def block(self, index: int) -> Block:
        """The batches and noise of steps index * steps and on."""
        count = self.steps * self.batch
        xs, labels, noises = [], [], []
        for seed in self.seeds:
            x, of_x = self.samples.read(seed, index * count, count)
            x = x.unflatten(0, (self.steps, self.batch))
            xs.append(self.augment(x, generator(seed, "augment", index)) if self.augment else x)
            if of_x is not None:
                labels.append(of_x.unflatten(0, (self.steps, self.batch)))
            noises.append({
                name: each.sample(
                    self.steps, self.batch, self.latent, self.samples.shape, generator(seed, f"noise/{name}", index)
                )
                for name, each in self.noise.items()
            })  # fmt: skip
        noise = {name: torch.stack([n[name] for n in noises], dim=1).to(self.samples.device) for name in self.noise}
        return Block(torch.stack(xs, dim=1), noise, torch.stack(labels, dim=1) if labels else None)


def order(seed: int, samples: int, first: int, count: int) -> Tensor:
    """The rows (count,) that a run of this seed visits from its first-th sample on."""
    epochs = range(first // samples, (first + count - 1) // samples + 1)
    rows = torch.cat([_permutation(seed, samples, epoch) for epoch in epochs])
    start = first - epochs[0] * samples
    return rows[start : start + count]


@lru_cache(maxsize=64)
def _permutation(seed: int, samples: int, epoch: int) -> Tensor:
    return torch.randperm(samples, generator=generator(seed, "order", epoch))
