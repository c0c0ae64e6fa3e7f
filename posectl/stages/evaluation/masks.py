"""Masks of tasks: the joints of test poses that are hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.random import generator
from posectl.data.masks import hidden_joints
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError

RANDOM, MOST_RANDOM, DRAWN, NONE = "random", 3, 30, "none"
MASKS: dict[str, tuple[str, ...]] = {
    "completion": ("left-leg", "legs", "left-arm", "arms", "torso", RANDOM, "all-but-end-effectors"),
    "ik": (NONE, "left-leg", "left-arm", "LShoulder", "all-but-end-effectors"),
}
"""The masks of a task where none are named: those of DPoser-X (Lu et al., ICCV 2025, table S-5) and of HuProSO3
(Dünkel et al., CVPR 2024, table 3), of one to three joints drawn at random, and of all but the ends of limbs."""


def known_by_mask(task: str, asked: str | None, count: int, seed: int) -> dict[str, Tensor]:
    """Return whether joints are known (count, J) under each mask: "left-arm,13+14,random", of ik also "none"; where
    none is asked for, under the task's own.

    Raises UsageError for a mask that there is not, InvalidInputError where all joints are hidden, or none is.
    """
    names = [name.strip() for name in (asked or "").split(",") if name.strip()] or MASKS[task]
    if NONE in names and task != "ik":
        raise InvalidInputError("The mask 'none' hides no joint.", "--mask left-arm hides some; --task ik takes none.")
    return {name: _known(name, count, generator(seed, "evaluate/masks")) for name in names}


def _known(name: str, count: int, g: torch.Generator) -> Tensor:
    if name == RANDOM:
        return random_known(count, g)
    hidden = torch.from_numpy(hidden_joints("" if name == NONE else name.replace("+", ",")))
    if not hidden[1:].any() and name != NONE:
        raise InvalidInputError(f"The mask {name!r} hides no joint beside the pelvis.", "--mask left-arm hides some.")
    if hidden[1:].all():
        raise InvalidInputError(f"The mask {name!r} hides every joint.", "--mask left-arm leaves some to be seen.")
    return (~hidden).expand(count, -1)


def random_known(count: int, g: torch.Generator) -> Tensor:
    """Draw whether joints are known (count, J), one to MOST_RANDOM of them hidden, the pelvis never: DRAWN masks, of
    each number as many, in turn. A search for neighbours under every possible mask would take the longest of all."""
    rank = (
        torch.rand(DRAWN, len(H36M17.joints), generator=g).index_fill(1, torch.tensor([0]), 2.0).argsort(1).argsort(1)
    )
    known = rank >= (1 + torch.arange(DRAWN) % MOST_RANDOM)[:, None]
    return known[torch.arange(count) % DRAWN]


def any_known(count: int, g: torch.Generator) -> Tensor:
    """Draw masks (count, J) of any that tasks have, each as likely: those that a network is trained for."""
    names = [name for name in dict.fromkeys(sum(MASKS.values(), ())) if name != NONE]
    known = torch.stack([_known(name, count, g) for name in names])
    return known[torch.randint(len(names), (count,), generator=g), torch.arange(count)]
