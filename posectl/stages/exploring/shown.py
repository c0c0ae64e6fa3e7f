"""What a page shows of a dataset: points with their codes by each model, real samples, and how to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.render.explorer.packing import Pack
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.rows import evenly
from posectl.stages.exploring.codes import map_axes
from posectl.stages.exploring.points import Points, points_of
from posectl.stages.options import ExploreOptions
from posectl.stages.run import Run

_DRAWS = 2_000  # where there is no data
_CLOUDS = 40
_SOME = 500  # samples that are measured, for their size


@dataclass(frozen=True)
class Shown:
    """Points of a page: codes (N, d) by each model, real samples (M, *shape), the number of all samples of the dataset
    and its ref, which is empty where there is none."""

    points: Points
    codes: list[np.ndarray]
    real: np.ndarray
    total: int
    dataset: str = ""
    up: str = "+z"


def from_dataset(run: Run, dataset: StoredDataset, models: Sequence[Autoencoder], options: ExploreOptions) -> Shown:
    """Take points evenly from a dataset; fewer than all is told."""
    points = points_of(dataset, options.points)
    total = len(dataset.split)
    if len(points.rows) < total:
        run.tell(f"The page shows {len(points.rows):,} of {total:,} {dataset.kind.nouns}; --points shows more.")
    codes = [model.encode(torch.from_numpy(points.samples)).cpu().numpy() for model in models]
    # Clouds are compared point by point with each other's: a page has time for a few.
    most = min(options.real, _CLOUDS) if dataset.kind.name == "clouds" else options.real
    real = points.samples[evenly(len(points.rows), most)] if most else points.samples[:0]
    return Shown(points, codes, real, total, dataset.artifact.ref, dataset.up)


def from_priors(run: Run, models: Sequence[Autoencoder], options: ExploreOptions) -> Shown:
    """Take draws from the priors."""
    count = min(options.points, _DRAWS)
    codes = [model.draw(count, generator(run.seed, "explore")).codes.numpy() for model in models]
    nothing = np.zeros((0, *models[0].shape), np.float32)
    return Shown(Points(np.arange(count), nothing), codes, nothing, count)


def put_shown(pack: Pack, shown: Shown, model: Autoencoder) -> dict[str, Any]:
    """Put the points into a page; return how they are described there."""
    points, kind = shown.points, model.kind
    middle, axes = map_axes(shown.codes[0])
    for name, values in (("middle", middle), ("axes", axes), ("rows", points.rows.astype(np.int32))):
        pack.put(name, values)
    pack.put_short("reference", shown.real.astype(np.float32))
    for label in points.labels:
        pack.put(f"label.{label.name}", label.classes)
    for factor in points.factors:
        pack.put_short(f"factor.{factor.name}", factor.values)
    decoded = model.decode(torch.from_numpy(shown.codes[0][:_SOME])).cpu().numpy()
    told = f"{len(points.rows):,} of {shown.total:,} {kind.nouns} of {shown.dataset}"
    return {
        "subtitle": told if shown.dataset else "The dataset is gone: the points are draws from the prior.",
        **sample_header(model, decoded, shown.up),
        "count": len(points.rows),
        "total": shown.total,
        "dataset": shown.dataset,
        "start": _far_apart(shown.codes[0]),
        "labels": [{"name": each.name, "names": each.names} for each in points.labels],
        "factors": [{"name": each.name, "unit": each.unit, "period": each.period} for each in points.factors],
    }


def sample_header(model: Autoencoder, samples: np.ndarray, up: str) -> dict[str, Any]:
    """Return how a page draws samples of a model's kind; samples (N, *shape): some, for their size."""
    kind = model.kind
    skeleton = {"parents": list(H36M17.parents), "left": list(H36M17.left), "right": list(H36M17.right)}
    return {
        "kind": kind.name,
        "noun": kind.noun,
        "nouns": kind.nouns,
        "shape": list(model.shape),
        "up": up,
        "skeleton": skeleton if kind.name == "poses" else None,
        "reach": _reach(samples, kind.coordinates),
    }


def _reach(samples: np.ndarray, coordinates: int) -> float:
    """Return how far points of samples lie from the middle, but for the farthest hundredth; 1 of images."""
    if coordinates != 3:
        return 1.0
    far = float(np.quantile(np.linalg.norm(samples, axis=-1), 0.99))
    if not np.isfinite(far):
        raise InvalidInputError("The model decodes numbers that are not finite.", "Train it again.")
    return max(far, 1e-6)


def _far_apart(codes: np.ndarray) -> list[int]:
    """Return two rows: one a third of the way, and the one whose code is the farthest from it, but for a tenth."""
    first = len(codes) // 3
    far = np.linalg.norm(codes - codes[first], axis=1)
    return [first, int(np.argsort(far, kind="stable")[int(0.9 * (len(codes) - 1))])]
