"""Augmentation of training samples, by their kind."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.training.augment import for_poses
from posectl.registry import Registry
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import TrainOptions

Augment = Callable[[Tensor, torch.Generator], Tensor]

AUGMENTATIONS: Registry[Callable[[StoredDataset, TrainOptions], Augment | None]] = Registry(
    "augmentation", "posectl.stages.training", decorator="augmentation"
)
augmentation = AUGMENTATIONS.register


def augmentation_of(kind: Kind, dataset: StoredDataset, options: TrainOptions) -> Augment | None:
    """Return the augmentation that the options ask for, or None for kinds that have none."""
    return AUGMENTATIONS.get(kind.name)(dataset, options) if kind.name in AUGMENTATIONS.names() else None


@augmentation("poses")
def _of_poses(dataset: StoredDataset, options: TrainOptions) -> Augment | None:
    if options.rotate == "none" and not options.flip:
        return None
    mirror = dataset.skeleton.mirror if options.flip else ()
    return for_poses(dataset.up, mirror, rotate=options.rotate, degrees=options.degrees)
