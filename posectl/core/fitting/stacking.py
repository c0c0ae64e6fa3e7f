"""Experts on what is hidden of poses, each believed as far as it was right on examples that were kept from it.

Sources: D. Wolpert, "Stacked Generalization", 1992; L. Breiman, "Stacked Regressions", 1996.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from posectl.core.fitting.bones import LENGTH, STAY, lengths
from posectl.core.fitting.evidence import Evidence, turn
from posectl.core.fitting.neighbours import Examples
from posectl.core.fitting.regression import Regression, cross_fitted
from posectl.core.random import generator

PARTS = 5
"""Parts of the examples, each told of by experts on the others."""
FEWEST = 200
"""Examples, below which a model's own solution stands alone."""
_ROWS, _HELD, _LANDMARKS, _WIDTHS = 4_000, 300, 256, (0.5, 2.0)
_ROUNDS, _NEAR = 8, 0.01  # of weighing poses, by a distance of this share of the usual error at least


@dataclass(frozen=True)
class Frame:
    """The axes of poses that are turned about the vertical `up` (3,) until their joints `seen` lie on a template
    (J, 3), as near as can be; without one their own."""

    seen: Tensor
    up: Tensor
    template: Tensor | None = None

    @classmethod
    def of(cls, poses: Tensor, seen: Tensor, up: Tensor) -> Frame:
        """Return the frame of poses (M, J, 3) that lie on their own mean, turned (J. C. Gower, "Generalized Procrustes
        Analysis", 1975)."""
        frame = cls(seen, up, poses.mean(0))
        for _ in range(5):
            frame = replace(frame, template=torch.einsum("nab,njb->nja", frame.turns(poses), poses).mean(0))
        return frame

    def turns(self, poses: Tensor) -> Tensor:
        """Return the rotations (N, 3, 3) of poses (N, J, 3) to the frame."""
        if self.template is None:
            return torch.eye(3).to(poses).expand(len(poses), 3, 3)
        ours, theirs = poses[:, self.seen], self.template[self.seen].expand(len(poses), -1, -1)
        flat = ours - (ours @ self.up)[..., None] * self.up
        along = (flat * theirs).sum((1, 2))
        across = (torch.linalg.cross(ours, theirs) @ self.up).sum(1)
        return turn(torch.atan2(across, along), self.up)


class Parts:
    """Examples in parts, each told of by experts on the others. of (M,) int64: the part of each."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples
        of = examples.parts
        if of is None:
            of = torch.from_numpy(parted(np.zeros(len(examples.poses))))
        self.of = of.to(examples.poses.device)

    @cached_property
    def others(self) -> list[Examples]:
        """The examples of all other parts, for each part."""
        return [self.examples.rows(self.of != part) for part in range(int(self.of.max()) + 1)]


@dataclass(frozen=True)
class Stack:
    """Experts on the joints `wanted` (J,) of poses under one mask: the model's own solution, then regressions, each in
    its frame. shares (E, W): of each of E experts in each of W joints, which sum to 1. stay (J,) and length (B,): the
    root mean square errors, metres, of a coordinate of joints, and of the model's lengths of bones."""

    wanted: Tensor
    regressions: tuple[tuple[Frame, Regression], ...]
    shares: Tensor
    stay: Tensor
    length: Tensor

    @classmethod
    def of(
        cls,
        known: Tensor,
        noise: float,
        apart: Parts,
        bones: Tensor,
        alone: Callable[[Evidence, Tensor], tuple[Tensor, Tensor]],
    ) -> Stack:
        """Return the experts on what joints `known` (J,) leave open, and with noise, metres, on all.

        alone: the model's own solution (N, J, 3) of evidence of examples, sorted by their parts (N,), by those of other
        parts, and its lengths (N, B) of bones (B, 2).
        """
        examples = apart.examples
        count = len(examples.poses)
        rows = torch.linspace(0, count - 1, min(count, _ROWS)).long().to(known.device)
        clean, parts = examples.poses[rows], apart.of[rows]
        g = generator(0, "fit/noise")
        given = clean + noise * torch.randn(clean.shape, generator=g).to(clean) if noise else clean
        seen, wanted = known.clone(), ~known | (noise > 0)
        seen[0] = wanted[0] = False
        up = torch.tensor(examples.up).to(clean)
        regressions, told = [], []
        for frame in (Frame(seen, up), Frame.of(given, seen, up)):
            axes = frame.turns(given)
            x, y = (torch.einsum("nab,njb->nja", axes, each) for each in (given[:, seen], clean[:, wanted]))
            for landmarks, width in ((0, 1.0), *((min(_LANDMARKS, len(x) // 4), width) for width in _WIDTHS)):
                regression, held = cross_fitted(x.flatten(1), y.flatten(1), parts, landmarks, width)
                regressions.append((frame, regression))
                told.append(torch.einsum("nab,nja->njb", axes, held.view_as(y)))
        some = torch.linspace(0, len(rows) - 1, min(_HELD, len(rows))).long().to(known.device)
        some = some[parts[some].argsort(stable=True)]
        evidence = Evidence(given[some], known.to(clean).expand(len(some), -1), noise)
        own, own_long = alone(evidence, parts[some])
        errors = torch.stack([own[:, wanted], *(each[some] for each in told)]) - clean[some][:, wanted]
        off = own_long - lengths(clean[some], bones)
        found, stay = shares(errors), clean.new_full((clean.shape[1],), STAY)
        stay[wanted] = torch.einsum("ej,enjc->njc", found, errors).square().mean((0, 2)).sqrt().clamp_min(LENGTH)
        return cls(wanted, tuple(regressions), found, stay, off.square().mean(0).sqrt().clamp_min(LENGTH))

    def at(self, values: Tensor, alone: Tensor) -> Tensor:
        """Return poses (N, J, 3) of values (N, J, 3), of which those of known joints count, beside the model's own
        solution `alone` (N, J, 3)."""
        told = [alone[:, self.wanted]]
        for frame, regression in self.regressions:
            axes = frame.turns(values)
            rows = torch.einsum("nab,njb->nja", axes, values[:, frame.seen]).flatten(1)
            told.append(torch.einsum("nab,nja->njb", axes, regression.at(rows).view_as(told[0])))
        poses = values.clone()
        poses[:, 0] = 0
        poses[:, self.wanted] = torch.einsum("ej,enjc->njc", self.shares, torch.stack(told))
        return poses


def parted(groups: np.ndarray) -> np.ndarray:
    """Return parts (M,) int64 of rows by their groups (M,), their subjects: the largest first, each to the part of
    fewest rows. A group larger than a part, of subjects that nobody knows, is cut into stretches.

    >>> import numpy as np
    >>> from posectl.core.fitting.stacking import parted
    >>> parted(np.array(["ann", "bob", "bob", "cy", "di", "ed", "ann", "flo", "gus", "hal"])).tolist()
    [0, 1, 1, 2, 3, 4, 0, 2, 3, 4]
    >>> parted(np.zeros(10)).tolist()
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    """
    count = len(groups)
    _, of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rank = np.empty(count, np.int64)
    rank[np.argsort(of, kind="stable")] = np.arange(count)
    within = rank - (np.cumsum(sizes) - sizes)[of]
    stretch = within * -(-sizes * PARTS // count)[of] // sizes[of]
    _, of, sizes = np.unique(of * PARTS + stretch, return_inverse=True, return_counts=True)
    taken, part = np.zeros(PARTS, np.int64), np.zeros(len(sizes), np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        part[group] = taken.argmin()
        taken[part[group]] += sizes[group]
    return part[of]


def shares(errors: Tensor) -> Tensor:
    """Return the shares (E, J) of experts, none negative, of whose errors (E, N, J, 3) the weighted mean is the least
    distance at each joint.

    Non-negative least squares, with one more row by which shares sum to 1, in rounds that weigh each pose by the
    distance that was left (E. Weiszfeld, 1937).
    """
    made = []
    for joint in range(errors.shape[2]):
        rows = errors[:, :, joint].double().cpu().numpy().transpose(1, 2, 0)
        rows = rows / (np.sqrt(np.square(rows).mean()) or 1.0)
        weights = np.ones(len(rows))
        for _ in range(_ROUNDS):
            weighted = (np.sqrt(weights / weights.sum())[:, None, None] * rows).reshape(-1, rows.shape[2])
            found = nnls(np.vstack([weighted, np.ones(rows.shape[2])]), np.append(np.zeros(len(weighted)), 1.0))[0]
            found /= found.sum()
            weights = 1 / np.linalg.norm(rows @ found, axis=1).clip(_NEAR)
        made.append(found)
    return torch.from_numpy(np.stack(made, 1)).to(errors)
