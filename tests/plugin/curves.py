"""A kind of sample that posectl does not know, with all that it needs, registered from outside: curves (T,)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import posectl
from posectl.core.metrics.summary import summarise

STEPS = 24


@posectl.kind("curves")
class Curves(posectl.Kind):
    """Curves (T,) of STEPS values."""

    axes = ("time",)
    noun, nouns, unit = "curve", "curves", "V"

    def accepts(self, shape: tuple[int, ...]) -> bool:
        return shape == (STEPS,)


@dataclass(frozen=True)
class WaveOptions:
    """The options of `prepare waves`."""

    count: int = posectl.option(40, "How many waves.", metavar="N", min=2)
    damped: bool = posectl.option(False, "Whether waves die away.")
    seed: int = posectl.option(0, "Seed of the phases.")


@posectl.reader("waves", WaveOptions, kind="curves")
def waves(paths: Sequence[Path], options: WaveOptions, progress: object) -> posectl.Dataset:
    """Sine waves of random phase; the last quarter is for test."""
    phase = np.random.default_rng(options.seed).uniform(0, 2 * np.pi, options.count)
    time = np.linspace(0, 2 * np.pi, STEPS)
    samples = np.sin(time + phase[:, None]) * (np.exp(-time / 4) if options.damped else 1.0)
    split = (np.arange(options.count) >= options.count * 3 // 4).astype(np.uint8)
    about = {"kind": "curves", "unit": "V", "source": "waves", "split": "the last quarter to test"}
    return posectl.Dataset(samples.astype(np.float32), split, {"phase": phase}, about=about)


@posectl.metric_input("recoded_paths")
def recoded_paths(model: object, paths: Tensor) -> Tensor:
    """Codes (B, T, d) of the samples of paths (B, T, *shape): an input that posectl does not provide."""
    return model.encode(paths.flatten(0, 1)).unflatten(0, paths.shape[:2])  # type: ignore[attr-defined]


@posectl.metric("code_drift")
def code_drift(recoded_paths: Tensor) -> dict:
    """The distance of each path's middle code from the middle of its ends."""
    middle = recoded_paths[:, recoded_paths.shape[1] // 2]
    return summarise((middle - (recoded_paths[:, 0] + recoded_paths[:, -1]) / 2).norm(dim=-1), "1")


@posectl.drawing("curves")
def draw_curves(run: object, subjects: Sequence, options: object, film: bool) -> np.ndarray:
    """Draw the curves of the first subject as white dots on black, one frame a sample."""
    array = subjects[0].held if subjects[0].artifact is None else subjects[0].artifact.read(subjects[0].artifact.kind)
    curves = np.asarray(array).reshape(-1, STEPS)
    frames = np.zeros((len(curves), 33, STEPS, 3), np.uint8)
    rows = np.clip(16 - 16 * curves, 0, 32).astype(int)
    frames[np.arange(len(curves))[:, None], rows, np.arange(STEPS)] = 255
    return frames if film else frames[0]


@posectl.objective("flat")
@dataclass(frozen=True)
class Flat(posectl.Objective):
    """Decoded paths with little mean: a regularizer from outside."""

    name = "flat"

    lam: float = 0.1

    def term(self, step, networks) -> Tensor:  # type: ignore[no-untyped-def]
        return step.x_hat.flatten(1).mean(1).square() + torch.zeros(len(step.x))
