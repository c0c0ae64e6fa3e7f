"""One training step as the objectives see it: the batch and its noise, and what is made of them, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from posectl.core.latent.paths import PATHS
from posectl.core.latent.priors import Prior
from posectl.core.nets.layers import together


@dataclass(frozen=True)
class Draw:
    """Noise that a step needs: `distribution` over one value a sample, a code's worth, or a sample's worth."""

    distribution: Literal["uniform", "normal"]
    of: Literal["scalar", "code", "sample"] = "scalar"

    def draw(self, steps: int, batch: int, latent: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """(steps, batch), (steps, batch, d) or (steps, batch, *shape)."""
        tail = {"scalar": (), "code": (latent,), "sample": shape}[self.of]
        make = torch.rand if self.distribution == "uniform" else torch.randn
        return make(steps, batch, *tail, generator=generator)


ALPHA = Draw("uniform")

T = TypeVar("T")

Pairing = Literal["reverse", "halves"]


class Step:
    """The batch x (R, B, *shape), its codes and reconstruction, and the interpolated decode that regularizers share.

    Each pair interpolates from a sample to its partner with alpha in [0, 1/2] (one a pair, from the noise `alpha` in
    [0, 1) folded). `reverse` pairs the batch with itself reversed (ACAI); `halves` pairs its first half with its
    second, and then only the first half is x (the pose report's code).
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        prior: Prior,
        batch: Tensor,
        noise: Mapping[str, Tensor],
        *,
        pairing: Pairing = "reverse",
    ) -> None:
        self._encoder, self._decoder, self._prior = encoder, decoder, prior
        self.noise = noise
        self.halves = pairing == "halves"
        self.x, self._others = batch.chunk(2, dim=1) if self.halves else (batch, batch)
        self._made: dict[str, Any] = {}

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` returns, made at the first call under this key: for what one objective's losses share."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def encode(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """Codes (R, B, d) of each batch, on the prior's support."""
        return tuple(self._prior.project(raw) for raw in together(self._encoder, *batches))

    def decode(self, *codes: Tensor) -> tuple[Tensor, ...]:
        """Samples (R, B, *shape) of each set of codes."""
        return together(self._decoder, *codes)

    @cached_property
    def _codes(self) -> tuple[Tensor, Tensor]:
        if self.halves:
            first, second = self.encode(self.x, self._others)
            return first, second
        (codes,) = self.encode(self.x)
        return codes, codes.flip(1)

    @property
    def z(self) -> Tensor:
        return self._codes[0]

    @property
    def z_partner(self) -> Tensor:
        return self._codes[1]

    @cached_property
    def alpha(self) -> Tensor:
        """(R, B) in [0, 1/2]."""
        drawn = self.noise["alpha"][:, : self.x.shape[1]]
        return 0.5 - (drawn - 0.5).abs()

    @cached_property
    def z_mix(self) -> Tensor:
        path: Callable[[Tensor, Tensor, Tensor], Tensor] = PATHS[self._prior.path]
        return path(self.z, self.z_partner, self.alpha[..., None])

    @cached_property
    def _decoded(self) -> tuple[Tensor, ...]:
        # A step whose noise holds alpha will want the interpolated decode: both go through the decoder in one pass.
        return self.decode(self.z, self.z_mix) if "alpha" in self.noise else self.decode(self.z)

    @property
    def x_hat(self) -> Tensor:
        return self._decoded[0]

    @property
    def x_mix(self) -> Tensor:
        """The decoded interpolations (R, B, *shape)."""
        return self._decoded[1]
