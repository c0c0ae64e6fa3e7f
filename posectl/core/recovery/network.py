"""A network trained for the task: it reads what is known of a pose, and which joints are, and gives the whole pose."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from posectl.core.classifier import Reading, learn
from posectl.core.random import generator
from posectl.core.recovery import Recovery, with_known

POSES, STEPS, WIDTH = 100_000, 4_000, 256
NOISE = 0.12
"""The most noise, metres, that the denoiser learns to take out; drawn evenly."""


class Network(Recovery):
    """Two hidden layers of 256, trained by the squared error on POSES training poses (M, J, 3) drawn with replacement,
    each under a mask that `masks(count, generator)` draws, or with its own noise. It depends on these alone."""

    def __init__(self, train: Tensor, masks: Callable[[int, torch.Generator], Tensor], steps: int = STEPS) -> None:
        self._train, self._masks, self._steps = train, masks, steps

    @cached_property
    def _completer(self) -> Reading:
        g = generator(0, "recovery/network")
        poses = self._drawn(g)
        return self._learnt(_masked(poses, self._masks(len(poses), g).to(poses.device)), poses, g)

    @cached_property
    def _denoiser(self) -> Reading:
        g = generator(0, "recovery/denoiser")
        poses = self._drawn(g)
        noise = NOISE * torch.rand(len(poses), 1, 1, generator=g).to(poses)
        noisy = poses + noise * torch.randn(poses.shape, generator=g).to(poses)
        return self._learnt(_noisy(noisy, noise), poses, g)

    def _drawn(self, g: torch.Generator) -> Tensor:
        return self._train[torch.randint(len(self._train), (POSES,), generator=g).to(self._train.device)]

    def _learnt(self, read: Tensor, poses: Tensor, g: torch.Generator) -> Reading:
        return learn(read, poses.flatten(1), g, self._steps, WIDTH)

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, 1, J, 3), the known joints as they are."""
        made = self._completer(_masked(poses, known)).unflatten(1, poses.shape[1:])
        return with_known(poses, known, made)

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3)."""
        told = self._denoiser(_noisy(poses, torch.full((len(poses), 1, 1), noise).to(poses)))
        return told.unflatten(1, poses.shape[1:])[:, None]


def _masked(poses: Tensor, known: Tensor) -> Tensor:
    """Return what is read: the known joints, 0 elsewhere, and the mask."""
    return torch.cat([torch.where(known[..., None], poses, 0.0).flatten(1), known.to(poses)], 1)


def _noisy(poses: Tensor, noise: Tensor) -> Tensor:
    return torch.cat([poses.flatten(1), noise.flatten(1)], 1)
