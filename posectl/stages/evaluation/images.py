"""What metrics of images are computed from: paths of a model or a baseline, or as they are; and the real images.

A model interpolates between random pairs of test images (ACAI), and between images a fixed angle apart (AEAI).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.baselines import Way
from posectl.stages.evaluation.factors import FINEST, LENGTHS, STEP, Ends, PlacedEnds, World
from posectl.stages.evaluation.material import Material
from posectl.stages.evaluation.pairs import random_pairs
from posectl.stages.interpolate import decode_paths


def world_of(material: Material, dataset: StoredDataset) -> World | None:
    """The factors behind the images; None where nothing is known of them, or none of them goes round."""
    if not dataset.about.get("periods", {}).keys() & set(dataset.factors):
        return None
    return World(dataset, material.device, material.options.retrieval)


def take_way(material: Material, dataset: StoredDataset, way: Way, seed: int) -> None:
    """The paths that a model or a baseline makes, and where they are among the factors."""
    options, world = material.options, world_of(material, dataset)
    ends = _random_ends(dataset, world, material.device, options.walks, seed)
    material.makers |= {
        "paths": lambda: way(ends, options.walk_steps),
        "walks": lambda: material.get("paths"),
    }
    material.protocol |= {
        "pairs": options.walks,
        "steps": options.walk_steps,
        "endpoints": "random pairs of test images",
    }
    _take_reference(material, dataset, world)
    if world is not None and isinstance(ends, PlacedEnds):
        if world.has_one_object:
            even = world.way(ends.factors, options.walk_steps)
            material.makers["trace"] = lambda: world.trace(material.get("paths"), even)
        _take_intervals(material, world, way, seed)


def _random_ends(dataset: StoredDataset, world: World | None, device: torch.device, count: int, seed: int) -> Ends:
    rows = np.flatnonzero(dataset.split == TEST)
    if not len(rows):
        rows = np.arange(len(dataset.split))
    if len(rows) < 2:
        raise InvalidInputError(
            f"{dataset.artifact.ref} has fewer than two images to go between.", "Prepare one of more images."
        )
    pairs = np.stack([rows[some] for some in random_pairs(len(rows), count, seed)], 1)
    images = torch.from_numpy(dataset.samples[pairs]).to(device)
    if world is None:
        return Ends(images)
    chosen = torch.from_numpy(pairs).to(device)
    return PlacedEnds(images, world.values[chosen], world.objects[chosen[:, 0]])


def _take_reference(material: Material, dataset: StoredDataset, world: World | None) -> None:
    """The real images that distances are measured to."""
    stored = {"reference_images": len(dataset.split), "reference_split": "train and test"}
    material.makers["reference"] = lambda: torch.from_numpy(dataset.samples).to(material.device)
    material.protocol |= {"reference": dataset.artifact.ref, **stored}
    material.parents = [*material.parents, ("reference", dataset.artifact)]
    if world is not None:
        material.makers["reference"] = lambda: world.gallery[0]
        material.protocol["retrieval"] = world.metric
        if world.fine:
            material.protocol |= {"reference_images": FINEST, "reference_split": "drawn evenly"}


def _take_intervals(material: Material, world: World, way: Way, seed: int) -> None:
    options = material.options
    degrees = options.interval
    if not 2 * STEP <= degrees < 180:
        raise UsageError(
            f"An interval of {degrees:g} degrees cannot be gone through.", "Take 10 to 175: --interval 80."
        )
    ends = world.interval(degrees, options.intervals, seed)
    if ends is None:
        return
    steps = steps_of(degrees)
    even = world.way(ends.factors, steps)
    material.makers |= {
        "interval_paths": lambda: way(ends, steps),
        "interval_truth": lambda: world.truth(even, ends.objects),
        "interval_trace": lambda: world.trace(material.get("interval_paths"), even),
        "interval_sweep": lambda: _Sweep(world, way, options.intervals, seed),
    }
    material.protocol |= {"interval": degrees, "intervals": len(ends.images)}


def steps_of(degrees: float) -> int:
    """Images on an interval, both ends included: one every STEP degrees."""
    return round(degrees / STEP) + 1


@dataclass(frozen=True)
class _Sweep:
    """Paths and true images on intervals of one length after the other, made as they are asked for."""

    world: World
    way: Way
    most: int
    seed: int

    def __iter__(self) -> Iterator[tuple[float, Tensor, Tensor]]:
        for degrees in LENGTHS:
            ends = self.world.interval(degrees, self.most, self.seed)
            if ends is not None:
                steps = steps_of(degrees)
                truth = self.world.truth(self.world.way(ends.factors, steps), ends.objects)
                yield float(degrees), self.way(ends, steps), truth


def model_way(model: Autoencoder, path: str) -> Way:
    """The decoded path between the codes of both ends."""

    def way(ends: Ends, steps: int) -> Tensor:
        return decode_paths(model, model.encode(ends.images[:, 0]), model.encode(ends.images[:, 1]), steps, path)

    return way


def take_model(material: Material, dataset: StoredDataset, model: Autoencoder, path: str, seed: int) -> None:
    """What a model makes of the protocol: paths, reconstructions, and codes where the images have labels."""
    take_way(material, dataset, model_way(model, path), seed)

    def images(split: int) -> Tensor:
        return torch.from_numpy(dataset.samples[dataset.split == split]).to(material.device)

    truth = TEST if (dataset.split == TEST).any() else TRAIN
    material.makers |= {
        "originals": lambda: images(truth),
        "reconstructions": lambda: model.reconstruct(material.get("originals")),
    }
    classes = dataset.about.get("classes")
    if classes and dataset.artifact.has("label") and (dataset.split == TRAIN).any() and (dataset.split == TEST).any():
        labels = torch.from_numpy(dataset.known("label")).long()
        splits = torch.from_numpy(dataset.split)
        material.makers |= {
            "codes": lambda: model.encode(images(TRAIN)),
            "labels": lambda: labels[splits == TRAIN],
            "test_codes": lambda: model.encode(images(TEST)),
            "test_labels": lambda: labels[splits == TEST],
            "classes": lambda: classes,
        }
    material.protocol |= {"path": path, "prior": model.prior.name, "weights": material.options.weights}


def take_paths(material: Material, paths: Tensor, dataset: StoredDataset | None) -> None:
    """Paths (B, T, C, H, W) as they are; their ends are where the nearest real images are."""
    material.makers |= {"paths": lambda: paths, "walks": lambda: paths}
    material.protocol |= {"pairs": paths.shape[0], "steps": paths.shape[1]}
    if dataset is None:
        return
    if paths.shape[2:] != dataset.shape:
        raise InvalidInputError(
            f"{material.label} has images {tuple(paths.shape[2:])}; {dataset.artifact.ref} has {dataset.shape}.",
            "Name a dataset of the same shape with --against; paths are (B, T, C, H, W) or, in grey, (B, T, H, W).",
        )
    world = world_of(material, dataset)
    _take_reference(material, dataset, world)
    if world is None:
        return
    material.makers |= {
        "trace": lambda: world.trace(paths),
        "interval_paths": lambda: paths,
        "interval_trace": lambda: material.get("trace"),
        "interval_truth": lambda: world.truth(material.get("trace").way, world.seen_in(paths[:, 0])),
    }
    material.protocol["endpoints"] = "as the nearest real images have them"
