"""Batches and noise, drawn a block of steps ahead on the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import torch
from torch import Tensor

from posectl.core.objectives.step import Noise, Pairing
from posectl.core.random import generator
from posectl.core.training.labelled import labelled_rows

# Steps drawn at once, fewer where samples are large. Part of what a seed means: another number is another stream.
BLOCK = 128
_NUMBERS = 1 << 23

LabelledSamples = tuple[Tensor, Tensor | None]


class SampleStream(Protocol):
    """A source of training samples. `read` returns the first-th sample and on of the run of a seed: samples
    (count, *shape) and labels (count,), or None, on the device. first is a multiple of count. `read_labelled` returns
    such samples of those alone that have a label."""

    shape: tuple[int, ...]
    device: torch.device

    def read(self, seed: int, first: int, count: int) -> LabelledSamples: ...

    def read_labelled(self, seed: int, first: int, count: int) -> tuple[Tensor, Tensor]: ...


class FiniteSamples:
    """Samples (N, *shape) that stay on the device. Every epoch is a new permutation, a function of (seed, epoch);
    batches run on across its end. labelled: how many of the labels (N,) a run may see; None: all of them."""

    def __init__(self, samples: Tensor, labels: Tensor | None = None, labelled: int | None = None) -> None:
        self.samples, self.labels, self.labelled = samples, labels, labelled
        self._shown: dict[int, tuple[Tensor, Tensor]] = {}
        self.shape, self.device = tuple(samples.shape[1:]), samples.device

    def read(self, seed: int, first: int, count: int) -> LabelledSamples:
        rows = order(seed, len(self.samples), first, count).to(self.device)
        return self.samples[rows], None if self.labels is None else self._seen(seed)[1][rows]

    def read_labelled(self, seed: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        known, labels = self._seen(seed)
        rows = known[order(seed, len(known), first, count, "labelled/order").to(self.device)]
        return self.samples[rows], labels[rows]

    def _seen(self, seed: int) -> tuple[Tensor, Tensor]:
        """Return the rows whose labels the run of a seed sees, and all labels (N,) as it sees them, -1 for others."""
        assert self.labels is not None
        if seed not in self._shown:
            rows = labelled_rows(self.labels, self.labelled, seed)
            labels = torch.full_like(self.labels, -1)
            labels[rows] = self.labels[rows]
            self._shown[seed] = rows, labels
        return self._shown[seed]


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

    def read_labelled(self, seed: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        samples, labels = self.draw(count, generator(seed, "draw labelled", first // count))
        assert labels is not None
        return samples.to(self.device), labels.to(self.device)


@dataclass(frozen=True)
class Block:
    """x (steps, R, B, *shape), labels (steps, R, B) or None, and noise by name (steps, R, B, ...); and, where a step
    needs them, labelled samples and their labels, shaped as x and labels."""

    x: Tensor
    noise: Mapping[str, Tensor]
    labels: Tensor | None = None
    labelled: tuple[Tensor, Tensor] | None = None

    @cached_property
    def samples(self) -> Tensor:
        """All of x, (R, steps * B, *shape)."""
        return self.x.transpose(0, 1).flatten(1, 2)


@dataclass
class Batches:
    """The batches of R replicas; each replica has its own stream. Block i of a seed is the same whenever and wherever
    it is drawn. with_labelled: whether there is a batch of labelled samples beside each."""

    samples: SampleStream
    batch: int
    seeds: tuple[int, ...]
    latent: int
    noise: Mapping[str, Noise]
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None
    with_labelled: bool = False

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
        return self.steps * self.batch * ((1 + self.with_labelled) * math.prod(self.samples.shape) + noise)

    def block(self, index: int) -> Block:
        """The batches and noise of steps index * steps and on."""
        count = self.steps * self.batch
        xs, labels, noises = [], [], []
        for seed in self.seeds:
            x, of_x = self.samples.read(seed, index * count, count)
            xs.append(self._augmented(x, seed, "augment", index))
            if of_x is not None:
                labels.append(of_x.unflatten(0, (self.steps, self.batch)))
            noises.append({
                name: each.sample(
                    self.steps, self.batch, self.latent, self.samples.shape, generator(seed, f"noise/{name}", index)
                )
                for name, each in self.noise.items()
            })  # fmt: skip
        noise = {name: torch.stack([n[name] for n in noises], dim=1).to(self.samples.device) for name in self.noise}
        labelled = self._labelled(index, count) if self.with_labelled else None
        return Block(torch.stack(xs, dim=1), noise, torch.stack(labels, dim=1) if labels else None, labelled)

    def _augmented(self, x: Tensor, seed: int, purpose: str, index: int) -> Tensor:
        """Return samples (steps * B, *shape) by step (steps, B, *shape), augmented."""
        x = x.unflatten(0, (self.steps, self.batch))
        return self.augment(x, generator(seed, purpose, index)) if self.augment else x

    def _labelled(self, index: int, count: int) -> tuple[Tensor, Tensor]:
        read = [self.samples.read_labelled(seed, index * count, count) for seed in self.seeds]
        xs = [
            self._augmented(x, seed, "augment labelled", index) for seed, (x, _) in zip(self.seeds, read, strict=True)
        ]
        labels = [of_x.unflatten(0, (self.steps, self.batch)) for _, of_x in read]
        return torch.stack(xs, dim=1), torch.stack(labels, dim=1)


def micro_batches(batch: int, size: int, pairing: Pairing) -> list[Tensor]:
    """Return the rows (size,) of a batch that each of its micro-batches has: whole pairs, in the order in which they
    are paired.

    >>> [rows.tolist() for rows in micro_batches(8, 4, "reverse")], [
    ...     rows.tolist() for rows in micro_batches(8, 4, "halves")
    ... ]
    ([[0, 1, 6, 7], [2, 3, 4, 5]], [[0, 1, 4, 5], [2, 3, 6, 7]])
    """
    first, second = torch.arange(batch).chunk(2)
    if pairing == "reverse":
        return [
            torch.cat((some, others.flip(0)))
            for some, others in zip(first.split(size // 2), second.flip(0).split(size // 2), strict=True)
        ]
    return [torch.cat(pair) for pair in zip(first.split(size // 2), second.split(size // 2), strict=True)]


def order(seed: int, samples: int, first: int, count: int, purpose: str = "order") -> Tensor:
    """The rows (count,) that a run of this seed visits from its first-th sample on; purpose: of the random stream."""
    epochs = range(first // samples, (first + count - 1) // samples + 1)
    rows = torch.cat([_permutation(seed, samples, epoch, purpose) for epoch in epochs])
    start = first - epochs[0] * samples
    return rows[start : start + count]


@lru_cache(maxsize=64)
def _permutation(seed: int, samples: int, epoch: int, purpose: str) -> Tensor:
    return torch.randperm(samples, generator=generator(seed, purpose, epoch))
