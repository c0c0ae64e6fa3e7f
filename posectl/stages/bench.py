"""The speed of this machine at posectl's main work, in half a minute; `tests/benchmarks` measures at length."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core import device as devices
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import PRIORS
from posectl.core.metrics.nearest import nearest
from posectl.core.nets.mlp import MLP
from posectl.core.objectives import OBJECTIVES
from posectl.core.training.loop import Plan, Trainer
from posectl.data.readers import mannequin
from posectl.data.skeleton import H36M17
from posectl.render.body import Body
from posectl.render.gif import write_gif
from posectl.render.scene import draw_frames
from posectl.stages.run import Run

POSE = MLP(shape=(17, 3), latent=16)
"""The autoencoder of poses whose training is measured: 51-256-256-16 and back."""

BATCH = 64


@dataclass(frozen=True)
class Measurement:
    """One figure, its comparison, and the ratio of the two: larger is faster."""

    label: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


def bench(run: Run) -> Iterator[Measurement]:
    """Measure matrix products, search, training and drawing, one after the other, on the run's device and threads."""
    device = devices.resolve(run.device)
    devices.use_threads(run.threads)
    limit = matmul_rate(device)
    yield Measurement("matrix product", limit / 1e9, "GFLOP/s")
    yield _search(device)
    for replicas in (1, 9):
        rate = training_rate(replicas, "acai", 2.0, device)
        fraction = rate * training_flops("acai") / limit
        label = "training ACAI" if replicas == 1 else f"training {replicas} as one stack"
        yield Measurement(label, rate, "samples/s", "the matrix product's FLOP/s", fraction)
    yield _drawing()


def load() -> float | None:
    """Return the load average of the last minute, where it is known: a figure measured under load tells little."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def matmul_rate(device: torch.device, size: int = 2048) -> float:
    """Measure floating point operations per second of a large float32 matrix product: the best of five."""
    a, b = torch.randn(2, size, size, device=device)
    return 2 * size**3 / min(seconds(lambda: a @ b, device) for _ in range(6))


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Measure the time of some work, including what it leaves running on the device."""
    _wait(device)
    started = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def training_rate(replicas: int, regularizer: str, budget: float, device: torch.device) -> float:
    """Measure samples per second of training, all replicas summed, batches included; budget: seconds to take.

    On 64,000 random poses, batch 64, with lambdas from 0 on. The first block of steps is not counted, unless it is the
    only one in the budget.
    """
    poses = torch.randn(64_000, *POSE.shape, generator=torch.Generator().manual_seed(0)).to(device)
    cls: Any = OBJECTIVES.get(regularizer)
    objectives = [[cls(lam=0.5 * i / max(1, replicas - 1))] for i in range(replicas)]
    plan = Plan(steps=100_000, batch=BATCH, evaluate_every=100_000)
    trainer = Trainer(
        POSE, PRIORS["sphere"], objectives, poses, poses[:100], plan, range(replicas), kind=KINDS.get("poses")
    )
    marks = [(0, time.perf_counter())]

    def mark() -> None:
        _wait(device)
        marks.append((trainer.step, time.perf_counter()))

    trainer.run(report=mark, should_stop=lambda: time.perf_counter() - marks[len(marks) > 1][1] > budget)
    (first, since), (last, until) = marks[len(marks) > 2], marks[-1]
    return (last - first) * BATCH * replicas / (until - since)


def training_flops(regularizer: str) -> int:
    """Count the multiplications and additions of a training step for one sample: "none" or "acai".

    A layer takes as many for its output as for the gradient of its weights, and for that of its input; the last is not
    needed at a network's first layer. ACAI decodes twice, its critic sees two samples, and the gradient of one of its
    outputs goes on to the autoencoder.
    """
    sizes = (51, *POSE.widths, POSE.latent)
    network = sum(a * b for a, b in pairwise(sizes))
    first = sizes[0] * sizes[1]
    encoder, decoder = 3 * network - first, 3 * network
    if regularizer == "none":
        return 2 * (encoder + decoder)
    critic = 2 * (3 * network - first) + network
    return 2 * (encoder + 2 * decoder + critic)


def _search(device: torch.device) -> Measurement:
    """Measure the search of 2,000 poses among 100,000 others, indexed anew, against brute force in PyTorch."""
    poses = mannequin.read([], subjects=16, seconds=16.0, seed=0).samples
    order = np.random.default_rng(0).permutation(len(poses))
    queries, reference = (torch.from_numpy(poses[some]).to(device) for some in (order[:2000], order[2000:102_000]))
    part = queries[:64]
    nearest(queries[:200], reference[:9000])  # compiles the search, if it is not compiled yet
    ours = min(seconds(lambda: nearest(queries, reference.clone()), device) for _ in range(3))
    theirs = seconds(lambda: _brute_force(part, reference), device) * len(queries) / len(part)
    return Measurement("nearest pose", len(queries) / ours, "queries/s", "brute force", theirs / ours)


def _brute_force(queries: Tensor, reference: Tensor) -> None:
    for query in queries.split(16):
        (query[:, None] - reference).norm(dim=-1).mean(-1).amin(1)


def _drawing() -> Measurement:
    """Measure the drawing of a GIF of 100 frames, 480 pixels wide and high."""
    walk = mannequin.read([], subjects=2, seconds=4.0, seed=0).samples[:100]
    body = Body(H36M17.parents, H36M17.left, H36M17.right)
    with tempfile.TemporaryDirectory() as folder:

        def draw() -> None:
            write_gif(Path(folder, "walk.gif"), draw_frames([walk], body, size=480), 25)

        taken = min(seconds(draw, torch.device("cpu")) for _ in range(2))
    return Measurement("drawing a GIF", len(walk) / taken, "frames/s")
