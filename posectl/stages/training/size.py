"""The size of a training: its parameters, and the memory that it holds on to whatever a step does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from posectl.budget import budget
from posectl.budget import size as written
from posectl.core.memory import free_bytes
from posectl.core.training.batches import Batches, FiniteSamples
from posectl.core.training.loop import blank_networks
from posectl.core.training.losses import Losses
from posectl.errors import UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.training.replica import Replica

_FLOAT = 4
# Parameters with their gradient, Adam's two moments, and the best of them yet.
_COPIES = 5
_LESS = {
    "log": "Fewer --steps.",
    "snapshots": "Fewer --snapshots.",
    "batches": "A smaller --batch.",
    "networks": "A smaller net, by --set.",
    "samples": "Prepare fewer samples.",
}


@dataclass(frozen=True)
class Size:
    """The size of a stack of replicas. parameters: of each network of one replica; memory: bytes by what they hold."""

    parameters: dict[str, int]
    memory: dict[str, int]

    @property
    def total(self) -> int:
        """The bytes that are held in all, without those of a step."""
        return sum(self.memory.values())


def size_of(replicas: Sequence[Replica], dataset: StoredDataset) -> Size:
    """Measure a stack of replicas that differ in lambdas and seed alone, without allocating any of it."""
    replica, options, count = replicas[0], replicas[0].options, len(replicas)
    with torch.device("meta"):
        networks = blank_networks(replica.architecture, replica.objectives, 1, dataset.kind)
        losses = Losses([replica.objectives], networks)
    parameters = {name: sum(p.numel() for p in module.parameters()) for name, module in networks.items()}
    buffers = sum(buffer.numel() for module in networks.values() for buffer in module.buffers())
    held = parameters["encoder"] + parameters["decoder"]
    noise = {name: each for objective in replica.objectives for name, each in objective.noise.items()}
    samples = FiniteSamples(torch.empty(0, *dataset.shape, device="meta"))
    batches = Batches(
        samples, options.batch, (0,), replica.architecture.latent, noise,
        with_labelled=any(objective.needs_labelled for objective in replica.objectives),
    )  # fmt: skip
    memory = {
        "samples": _held(dataset, options),
        "networks": count * (_COPIES * sum(parameters.values()) + 2 * buffers),
        "batches": count * batches.numbers,
        "log": count * options.steps * len(losses.figures),
        "snapshots": count * min(options.snapshots, options.steps) * held,
    }
    return Size(parameters, {name: _FLOAT * numbers for name, numbers in memory.items()})


def _held(dataset: StoredDataset, options: TrainOptions) -> int:
    """Return how many numbers of samples are held at once."""
    if dataset.about.scene.get("endless"):
        return 0
    every = len(dataset.split) * math.prod(dataset.shape)
    return min(every, budget() // _FLOAT) if options.order == "blocks" else every


def check_fits(replicas: Sequence[Replica], dataset: StoredDataset, device: torch.device) -> None:
    """Raise UsageError for a training that the device's memory does not hold, before anything is allocated."""
    size, free = size_of(replicas, dataset), free_bytes(device)
    if free is None or size.total <= free:
        return
    most = max(size.memory, key=lambda name: size.memory[name])
    raise UsageError(
        f"This training holds {written(size.total)}, {written(size.memory[most])} of them its {most}, and {device} "
        f"has {written(free)} left.",
        _LESS[most],
    )
