"""The training poses nearest to what is known of a pose, and what they look like from its side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting.bones import lengths
from posectl.core.fitting.evidence import Evidence, Free, standardised, turn
from posectl.core.metrics.nearest import MaskedIndex, nearest

VIEWS, SEEN = 24, 4096
"""Turns about the vertical in which each example is seen by a camera, and examples that are seen so, at most."""


@dataclass(frozen=True)
class Examples:
    """Training poses (M, J, 3), metres about the pelvis, and their codes (M, d) by the model.

    bones: (joint, joint) of those whose lengths fitted poses keep; up: the axis (3,) of their vertical. parts (M,)
    int64: those of one subject are in one, as `stacking.parted` gives them; None: stretches. residuals (M, J, 3): what
    codes leave of poses. usual (M, B): lengths of bones, where those of the poses are not to be believed.
    """

    poses: Tensor
    codes: Tensor
    residuals: Tensor
    bones: tuple[tuple[int, int], ...] = ()
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    parts: Tensor | None = None
    usual: Tensor | None = None

    def rows(self, chosen: Tensor) -> Examples:
        """Return the chosen ones, by numbers or by whether each (M,) is."""
        poses, codes, residuals = (each[chosen] for each in (self.poses, self.codes, self.residuals))
        parts, usual = (None if each is None else each[chosen] for each in (self.parts, self.usual))
        return replace(self, poses=poses, codes=codes, residuals=residuals, parts=parts, usual=usual)

    @cached_property
    def index(self) -> MaskedIndex:
        """The index of searches under masks."""
        return MaskedIndex(self.poses)

    @cached_property
    def ends(self) -> Tensor:
        """The joints (B, 2) of bones."""
        return torch.tensor(self.bones, dtype=torch.int64, device=self.poses.device).view(-1, 2)

    @cached_property
    def lengths(self) -> Tensor:
        """The lengths (M, B) of bones."""
        return lengths(self.poses, self.ends) if self.usual is None else self.usual


@dataclass(frozen=True)
class Neighbours:
    """The k examples nearest to each of N poses, the nearest first.

    distances (N, k): mean over the known joints, metres. poses (N, k, J, 3), codes (N, k, d), lengths (N, k, B) of
    bones, and residuals (N, k, J, 3), what codes leave of poses: in the axes of the pose looked for, which `axes`
    (N, 3, 3) take to those of its values. features (N, k, J, A) and query (N, J, A): what is compared, in metres, 0 for
    unknown joints.
    """

    distances: Tensor
    poses: Tensor
    codes: Tensor
    lengths: Tensor
    residuals: Tensor
    axes: Tensor
    features: Tensor
    query: Tensor


def joined(parts: Sequence[Neighbours]) -> Neighbours:
    """Return the neighbours of several runs of poses as those of one."""
    return Neighbours(*(torch.cat([getattr(part, name) for part in parts]) for name in Neighbours.__dataclass_fields__))


def find(model: Autoencoder, evidence: Evidence, examples: Examples, k: int) -> Neighbours:
    """Find the k examples nearest to the known joints, in L1 over joints of L2 over coordinates (MPJPE), exactly."""
    if evidence.axes is None:
        return _in_space(evidence, examples, k)
    return _in_camera(model, evidence, examples, k)


def _in_space(evidence: Evidence, examples: Examples, k: int) -> Neighbours:
    known = evidence.known
    if evidence.free == "nothing":
        distances, index = nearest(evidence.values, examples.index, k, known=known)
    else:
        distances, index = _free(evidence, examples.poses, k)
    held = (examples.poses, examples.codes, examples.lengths, examples.residuals)
    poses, codes, long, residuals = (each[index] for each in held)
    axes = torch.eye(3, device=poses.device).expand(len(poses), 3, 3)
    return _compared(evidence, Neighbours(distances, poses, codes, long, residuals, axes, poses, evidence.values))


def _in_camera(model: Autoencoder, evidence: Evidence, examples: Examples, k: int) -> Neighbours:
    """Every example is seen in `VIEWS` turns; the nearest view's turn is the camera's, and the others are turned to
    it and encoded anew."""
    assert evidence.axes is not None
    some = examples.poses[:: -(-len(examples.poses) // SEEN)]
    up = torch.tensor(examples.up, device=some.device)
    angles = torch.arange(VIEWS, device=some.device) * (2 * math.pi / VIEWS)
    views = torch.einsum("ab,vbc,mjc->mvja", evidence.axes, turn(angles, up), some).flatten(0, 1)
    distances, index = _free(evidence, views[..., : evidence.values.shape[-1]], k)
    example, angle = index // VIEWS, angles[index % VIEWS]
    poses = torch.einsum("nkab,nkjb->nkja", turn(angle - angle[:, :1], up), some[example])
    codes = model.encode(poses.flatten(0, 1))
    residuals = poses - model.decode(codes).view_as(poses)
    axes = evidence.axes @ turn(angle[:, 0], up)
    seen = views[index][..., : evidence.values.shape[-1]]
    long = examples.lengths[:: -(-len(examples.poses) // SEEN)][example]
    codes = codes.unflatten(0, poses.shape[:2])
    return _compared(evidence, Neighbours(distances, poses, codes, long, residuals, axes, seen, evidence.values))


def _free(evidence: Evidence, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Search for queries whose place, or scale too, is open: under each mask all are brought to one of their own."""
    masks, of = evidence.known.unique(dim=0, return_inverse=True)
    distances = reference.new_zeros(len(evidence), k, dtype=torch.float64)
    indices = torch.zeros_like(distances, dtype=torch.int64)
    for number, mask in enumerate(masks):
        rows = of == number
        queries, among = (_brought(each[:, mask], evidence.free) for each in (evidence.values[rows], reference))
        distances[rows], indices[rows] = nearest(queries, among, k)
    return distances, indices


def _brought(values: Tensor, free: Free) -> Tensor:
    """Return values (N, J, A) standardised, in three dimensions."""
    alike = standardised(values, torch.ones_like(values[..., 0]), free)
    return torch.nn.functional.pad(alike, (0, 3 - values.shape[-1]))


def _compared(evidence: Evidence, found: Neighbours) -> Neighbours:
    """Return neighbours with their features and the query's, which lie about one place and are of one size."""
    known = evidence.known.to(found.poses.dtype)
    count, k = found.distances.shape
    ones = known[:, None].expand(-1, k, -1).flatten(0, 1)
    features = standardised(found.features.flatten(0, 1), ones, evidence.free).unflatten(0, (count, k))
    query = standardised(evidence.values, known, evidence.free)
    size = _size(found.features, known) if evidence.free == "scale" else 1.0
    mask = known[..., None]
    return Neighbours(
        found.distances * size, found.poses, found.codes, found.lengths, found.residuals, found.axes,
        size * features * mask[:, None], size * query * mask,
    )  # fmt: skip


def _size(seen: Tensor, known: Tensor) -> float:
    """Return the usual root mean square, metres, of joints about their mean."""
    return float(seen.flatten(0, 1).var(1).sum(-1).sqrt().mean())
