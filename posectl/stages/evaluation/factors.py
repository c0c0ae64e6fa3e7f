"""The factors behind a dataset of images, the images at any of their values, and the factors of other images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import torch
from torch import Tensor

from posectl.core.latent.paths import WHOLE, Span
from posectl.core.metrics.trace import ObjectTrace, Retrieval, Trace, interpolate_factors, retrieve, wrapped
from posectl.core.random import generator
from posectl.data import synthetic
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset

STEP = 5.0
"""Degrees from image to image on an interval: as in turntables and the published pole (AEAI, section 4.3)."""

LENGTHS = tuple(range(15, 85, 5))
"""Degrees of the intervals of the sweep (AEAI, Fig. 6)."""

FINEST = 10_000
"""Images of the gallery of a scene of one factor: ACAI's D, without the end point."""

_SAME = 1e-3


@dataclass(frozen=True)
class Ends:
    """The real images (B, 2, C, H, W) that paths go between."""

    images: Tensor


@dataclass(frozen=True)
class PlacedEnds(Ends):
    """The ends of paths with their factors (B, 2, F), and the object (B,) of the first."""

    factors: Tensor
    objects: Tensor


class FactorSpace:
    """The factors (N, F) of a dataset's samples, with images at other values: drawn, or looked up where they exist.

    Raises InvalidInputError for a dataset without factors, or with none that has a period.
    """

    def __init__(self, dataset: StoredDataset, device: torch.device, retrieval: str | None = None) -> None:
        self.dataset, self.device = dataset, device
        if not dataset.about.factors:
            raise InvalidInputError(
                f"Nothing is known of what varies in the images of {dataset.artifact.ref}.",
                "Name a dataset with factors: `posectl prepare lines`, `pole`, or images of a turntable.",
            )
        self.values = torch.stack([self._known(name).double() for name in dataset.about.factors], 1)
        unseen = [torch.from_numpy(dataset.left_out(name)).double() for name in dataset.about.factors]
        self._unseen = torch.stack(unseen, 1).to(device)
        known = dataset.about.periods
        periods = [known.get(name, torch.inf) for name in dataset.about.factors]
        if not np.isfinite(periods).any():
            raise InvalidInputError(
                f"No factor of {dataset.artifact.ref} goes round.", "Its images can be scored without their factors."
            )
        self.periods = torch.tensor(periods, dtype=torch.float64, device=device)
        self.turning = int(np.isfinite(periods).argmax())
        # The distance of the retrieval: the requested one, or the published one for such a scene.
        self.metric = cast(Retrieval, retrieval or ("cosine" if self.fine else "l2"))
        seen = dataset.artifact.has("object")
        self.objects = self._known("object") if seen else torch.zeros(len(self.values), device=device)

    def _known(self, name: str) -> Tensor:
        return torch.from_numpy(self.dataset.known(name)).to(self.device)

    @property
    def drawn(self) -> bool:
        """True if there is an image at any value of the factors."""
        return bool(self.dataset.about.scene)

    @cached_property
    def has_one_object(self) -> bool:
        """True if all samples show the same object."""
        return bool((self.objects == self.objects[0]).all())

    @property
    def degree(self) -> float:
        """The size of a degree of the turning factor, in its unit."""
        return float(self.periods[self.turning]) / 360

    @property
    def unit(self) -> str:
        """The unit of the factors, "deg" or "rad"."""
        return "deg" if self.degree == 1 else "rad"

    @cached_property
    def images(self) -> Tensor:
        """The stored images (N, C, H, W)."""
        return torch.from_numpy(self.dataset.samples).to(self.device)

    def truth(self, factors: Tensor, objects: Tensor) -> Tensor:
        """Return the images (B, T, C, H, W) at factors (B, T, F) of objects (B,); NaN where there is none."""
        if self.drawn:
            images = self._draw(factors)
            images[self._is_unseen(factors)] = torch.nan
            return images
        rows, off = self._nearest(factors, objects)
        images = self.images[rows]
        images[off > _SAME] = torch.nan
        return images

    def _is_unseen(self, factors: Tensor) -> Tensor:
        """Tell which factors (..., F) are those of a sample that is not to be seen."""
        if not len(self._unseen):
            return torch.zeros(factors.shape[:-1], dtype=torch.bool, device=self.device)
        return wrapped(factors[..., None, :] - self._unseen, self.periods).norm(dim=-1).amin(-1) <= _SAME

    def images_at(self, factors: Tensor, objects: Tensor) -> Tensor:
        """Return the images as `truth`, or the nearest stored ones."""
        return self._draw(factors) if self.drawn else self.images[self._nearest(factors, objects)[0]]

    def _draw(self, factors: Tensor) -> Tensor:
        flat = dict(zip(self.dataset.about.factors, factors.flatten(0, -2).unbind(-1), strict=True))
        images = synthetic.render(self.dataset.about.scene, flat).to(self.device)
        return images.unflatten(0, factors.shape[:-1])

    def _nearest(self, factors: Tensor, objects: Tensor) -> tuple[Tensor, Tensor]:
        """Find the row (B, T) of the stored image nearest by its factors, of the same object, and its distance."""
        rows, off = [], []
        for some, object_ in zip(factors, objects, strict=True):
            gaps = wrapped(some[:, None] - self.values, self.periods).norm(dim=-1)
            gaps[:, self.objects != object_] = torch.inf
            nearest = gaps.min(1)
            rows.append(nearest.indices)
            off.append(nearest.values)
        return torch.stack(rows), torch.stack(off)

    @cached_property
    def gallery(self) -> tuple[Tensor, Tensor]:
        """The real images (G, C, H, W) of the retrieval, and their factors (G, F): an even grid of FINEST where there
        is one factor and it can be drawn (ACAI), else the stored ones (AEAI)."""
        if not self.fine:
            return self.images, self.values
        period = float(self.periods[0])
        grid = torch.arange(FINEST, dtype=torch.float64, device=self.device)[:, None] * (period / FINEST)
        return self._draw(grid), grid

    @property
    def fine(self) -> bool:
        """True if the gallery is a fine grid."""
        return self.drawn and self.values.shape[1] == 1

    def trace(self, images: Tensor, expected: Tensor | None = None) -> Trace:
        """Return the places of images (B, T, C, H, W) among the factors, beside the path (B, T, F) that they should
        take; without it, beside the even one between the places of their ends."""
        gallery, factors = self.gallery
        index, gap = retrieve(images, gallery, self.metric)
        retrieved = factors[index]
        if expected is None:
            expected = self.straight_path(torch.stack([retrieved[:, 0], retrieved[:, -1]], 1), images.shape[1])
        return Trace(expected, retrieved, gap, self.periods, self.unit)

    def object_trace(self, paths: Tensor, ends: PlacedEnds) -> ObjectTrace:
        """Return the places of paths (B, T, C, H, W) between ends among the views of several objects."""
        index, gap = retrieve(paths, self.images, self.metric)
        even = self.straight_path(ends.factors, paths.shape[1])
        trace = Trace(even, self.values[index], gap, self.periods, self.unit)
        at_ends = torch.stack([self.objects_in(ends.images[:, i]) for i in (0, 1)], 1)
        return ObjectTrace(trace, self.objects[index], at_ends)

    def objects_in(self, images: Tensor) -> Tensor:
        """Return the object (B,) of the stored image nearest to each of images (B, C, H, W)."""
        if self.has_one_object:
            return self.objects[:1].expand(len(images))
        return self.objects[retrieve(images, self.images, self.metric)[0]]

    def straight_path(self, ends: Tensor, steps: int, span: Span = WHOLE) -> Tensor:
        """Return the even path (B, steps, F) between ends (B, 2, F), the short way round, or over another span of
        alpha."""
        alpha = torch.linspace(*span, steps, dtype=torch.float64, device=self.device)
        return interpolate_factors(ends[:, 0], ends[:, 1], self.periods, alpha)

    def interval(self, degrees: float, most: int, seed: int) -> PlacedEnds | None:
        """Draw up to `most` pairs of images so many degrees apart, alike in all else; None where there is none."""
        start = self.values
        stop = start.clone()
        stop[:, self.turning] += degrees * self.degree
        rows = torch.randperm(len(start), generator=generator(seed, "evaluate/intervals"))
        there = ~self._is_unseen(stop)
        if not self.drawn:
            there = self._nearest(stop[:, None], self.objects)[1][:, 0] <= _SAME
        rows = rows[there.cpu()[rows]]
        rows = rows[:most].sort().values.to(self.device)
        if not len(rows):
            return None
        factors = torch.stack([start[rows], stop[rows]], 1)
        return PlacedEnds(self.truth(factors, self.objects[rows]), factors, self.objects[rows])
