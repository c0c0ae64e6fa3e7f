"""What an evaluation computes its metrics from, by the names that metrics use (see posectl.core.metrics).

Everything is made when a metric first asks for it, and is a function of the subject, the protocol and the seed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from posectl.errors import UsageError, nearest_name
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Parents

COMPAT = {"naayem": "poses", "acai": "images"}
"""The published protocols, and what they are of."""

_SIZES: dict[str, dict[str, int]] = {
    "poses": {"walks": 10_000, "walk_steps": 10},  # the pose report
    "images": {"walks": 256, "walk_steps": 16},  # ACAI
}
_LEAST = {"endpoints": 2, "steps": 2, "walks": 1, "walk_steps": 2, "samples": 1, "crowd": 1, "targets": 1, "k": 1,
          "intervals": 1, "inits": 1}  # fmt: skip


@dataclass(frozen=True)
class Settled(EvaluateOptions):
    """The options with every size decided."""

    walks: int = 0
    walk_steps: int = 0


@dataclass
class Material:
    """Tensors by name, each made once; and what the record says of them."""

    label: str
    name: str
    kind: str
    device: torch.device
    options: Settled
    makers: dict[str, Callable[[], Any]] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=dict)
    parents: Parents = ()
    inputs: list[Any] | None = None
    _made: dict[str, Any] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        return key in self.makers

    def get(self, key: str) -> Any:
        if key not in self._made:
            self._made[key] = self.makers[key]()
        return self._made[key]


def settled(options: EvaluateOptions, kind: str) -> Settled:
    """The options with the sizes that suit this kind of sample where none was given.

    Raises UsageError for sizes that are too small, and for a protocol that is not of this kind.
    """
    if options.compat is not None and COMPAT.get(options.compat) != kind:
        known = [name for name, of in COMPAT.items() if of == kind]
        raise UsageError(f"There is no protocol {options.compat!r} for {kind}.", nearest_name(options.compat, known))
    given = {key: value for key in _SIZES[kind] if (value := getattr(options, key)) is not None}
    decided = Settled(**{**dataclasses.asdict(options), **_SIZES[kind], **given})
    for key, least in _LEAST.items():
        if getattr(decided, key) < least:
            raise UsageError(
                f"{key} must be at least {least}, not {getattr(decided, key)}.",
                f"--{key.replace('_', '-')} {least} or more.",
            )
    return decided
