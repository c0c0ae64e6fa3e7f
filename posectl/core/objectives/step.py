"""One training step as the objectives see it: the batch and its noise, and what is made of them, made once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from posectl.core.kinds import Kind
from posectl.core.latent.paths import PATHS, slerp_units
from posectl.core.latent.priors import SPHERE, Prior
from posectl.core.nets.layers import together


@dataclass(frozen=True)
class Noise:
    """Noise that a step needs: `distribution` over one value a sample, so many values a sample, a code's worth, or a
    sample's worth; `times` of these, where that is not one."""

    distribution: Literal["uniform", "normal"]
    of: Literal["scalar", "code", "sample"] | int = "scalar"
    times: int = 1

    def sample(self, steps: int, batch: int, latent: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """(steps, batch), (steps, batch, n), (steps, batch, d) or (steps, batch, *shape); with `times` after batch."""
        if isinstance(self.of, int):
            tail: tuple[int, ...] = (self.of,)
        else:
            tail = {"scalar": (), "code": (latent,), "sample": shape}[self.of]
        if self.times > 1:
            tail = (self.times, *tail)
        make = torch.rand if self.distribution == "uniform" else torch.randn
        return make(steps, batch, *tail, generator=generator)


# One value in [0, 1) a sample: what `alpha`, `t` and `s` are drawn as (see Step).
UNIFORM = Noise("uniform")

T = TypeVar("T")

Pairing = Literal["reverse", "halves"]


class Traced(nn.Module, ABC):
    """A decoder that has more to tell of a reconstruction than the samples. A training step calls `trace`, once, for
    the reconstruction; everything else that is decoded goes through `forward`."""

    @abstractmethod
    def trace(self, codes: Tensor) -> tuple[Tensor, Any]:
        """Samples (R, B, *shape) of codes (R, B, d), and what the decoder's objective asks of how they came about."""


class Corruption(Protocol):
    """The part of an objective that a step uses: see `posectl.core.objectives.base.Objective`."""

    @property
    def needs_velocity(self) -> bool: ...

    @property
    def has_posterior(self) -> bool: ...

    def corrupt_input(self, x: Tensor, noise: Mapping[str, Tensor], kind: Kind) -> Tensor: ...

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor: ...

    def with_labels(self, z: Tensor, labels: Tensor | None) -> Tensor: ...

    def fresh(self, prior: Prior, noise: Tensor, encoder: nn.Module) -> Tensor | None: ...


class Step:
    """The batch x (R, B, *shape), its codes and reconstruction, and the interpolated decodes that regularizers share.

    Each pair interpolates from a sample to its partner: `mix` with alpha in [0, 1/2] (one a pair, from the noise
    `alpha` in [0, 1) folded), `t` with t in [0, 1) (the noise `t`); `s` is a second place on the way, of which only the
    velocity is taken. `reverse` pairs the batch with itself reversed (ACAI); `halves` pairs its first half with its
    second, and then only the first half is x (the pose report's code). paths_once: of a batch and its reverse, paths
    are decoded one way alone, and there are half as many.

    Objectives may corrupt what is encoded (x_in) and what is decoded for the reconstruction (z_in); codes z are never
    corrupted themselves. An encoder may give more than `latent` numbers: those beyond are `extra`. `code_shape` is that
    of a code before it was flattened, (maps, side, side), and (latent,) unless given. `data`
    (R, N, *shape) are more of the training samples, the batch itself unless given. `labels` (R, B) are -1 where a
    sample has none; `labelled` are samples (R, B', *shape) that have one, with their labels (R, B').
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        prior: Prior,
        batch: Tensor,
        noise: Mapping[str, Tensor],
        *,
        kind: Kind,
        latent: int | None = None,
        code_shape: tuple[int, ...] | None = None,
        labels: Tensor | None = None,
        labelled: tuple[Tensor, Tensor] | None = None,
        data: Tensor | None = None,
        pairing: Pairing = "reverse",
        paths_once: bool = False,
        objectives: Sequence[Corruption] = (),
    ) -> None:
        self.encoder, self.decoder, self.prior = encoder, decoder, prior
        self.kind, self.noise, self._latent, self._objectives = kind, noise, latent, objectives
        self.halves, self._once = pairing == "halves", paths_once
        self._code_shape = code_shape
        self._batch = batch
        self.data = batch if data is None else data
        self.x = batch.chunk(2, dim=1)[0] if self.halves else batch
        self._batch_labels, self._labelled = labels, labelled
        self.labels = labels if labels is None or not self.halves else labels.chunk(2, dim=1)[0]
        self.needs_velocity = any(objective.needs_velocity for objective in objectives)
        self._has_posterior = any(objective.has_posterior for objective in objectives)
        self._made: dict[str, Any] = {}

    @property
    def latent(self) -> int:
        """The numbers of a code, which come first among the encoder's outputs."""
        assert self._latent is not None
        return self._latent

    @property
    def labelled(self) -> tuple[Tensor, Tensor]:
        """Samples (R, B', *shape) that have a label, and their labels (R, B'), of objectives that need them."""
        assert self._labelled is not None
        return self._labelled

    def of(self, encoder: nn.Module, decoder: nn.Module, *, bare: bool = True) -> Step:
        """Return the step of other networks on the same batch; bare: without noise and objectives."""
        return Step(
            encoder, decoder, self.prior, self._batch, {} if bare else self.noise, kind=self.kind, latent=self._latent,
            code_shape=self._code_shape, labels=self._batch_labels, labelled=self._labelled, data=self.data,
            pairing="halves" if self.halves else "reverse", paths_once=self._once,
            objectives=() if bare else self._objectives,
        )  # fmt: skip

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` returned at the first call under this key, for values that several losses share."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def drawn(self, name: str) -> Tensor:
        """The noise of this name for the samples of x, (R, B, ...)."""
        return self.noise[name][:, : self.x.shape[1]]

    def fresh(self, noise: Tensor) -> Tensor:
        """Codes (R, N, d) as new ones are drawn, of standard normal noise (R, N, d)."""
        for objective in self._objectives:
            codes = objective.fresh(self.prior, noise.expand(len(self.x), *noise.shape[1:]), self.encoder)
            if codes is not None:
                return codes
        return self.prior.draw(noise)

    def by_map(self, noise: Tensor) -> Tensor:
        """Noise (R, B, d), one number for every element of a code, as one for every map: all of a map get its first."""
        if self._code_shape is None or len(self._code_shape) == 1:
            return noise
        maps = noise.unflatten(2, self._code_shape).flatten(3)
        return maps[..., :1].expand_as(maps).flatten(2)

    def encode(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """Codes (R, B, d) of each batch, on the prior's support."""
        return tuple(self.prior.project(raw[..., : self._latent]) for raw in together(self.encoder, *batches))

    def decode(self, *codes: Tensor) -> tuple[Tensor, ...]:
        """Samples (R, B, *shape) of each set of codes."""
        return together(self.decoder, *codes)

    @cached_property
    def ends(self) -> tuple[Tensor, Tensor]:
        """The codes (R, P, d) between which paths are decoded at t and s."""
        paths = (self.x.shape[1] + 1) // 2 if self._once and not self.halves else self.x.shape[1]
        return self.z[:, :paths], self.z_partner[:, :paths]

    def path(self, a: Tensor, b: Tensor, alpha: Tensor) -> Tensor:
        """Codes (R, B, d) at alpha (R, B) of the way from a to b, along the prior's own path."""
        way = slerp_units if self.prior == SPHERE else PATHS[self.prior.path]
        return way(a, b, alpha[..., None])

    def decode_path(self, *alphas: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Samples (R, P, *shape) at each alpha (R, P) on the pairs' paths, and their derivatives by it, exactly: one
        pass in forward mode, through which gradients flow as through any other."""
        # The ends stand still: told so, PyTorch is twice as fast as with tangents that are absent. Of few operations,
        # `torch.func.jvp` takes half as long again.
        still, ones = torch.zeros_like(self.ends[0]), torch.ones_like(alphas[0])
        with forward_ad.dual_level():
            a, b = (forward_ad.make_dual(end, still) for end in self.ends)
            at = torch.stack([forward_ad.make_dual(alpha, ones) for alpha in alphas])
            duals = [forward_ad.unpack_dual(each) for each in self.decode(*self.path(a, b, at).unbind())]
        samples, velocities = zip(*((dual.primal, dual.tangent) for dual in duals), strict=True)
        return samples, velocities

    @cached_property
    def x_in(self) -> Tensor:
        """The input of the encoder: x, as the objectives corrupt it."""
        return self._corrupted_batch.chunk(2, dim=1)[0] if self.halves else self._corrupted_batch

    @cached_property
    def _corrupted_batch(self) -> Tensor:
        corrupted = self._batch
        for objective in self._objectives:
            corrupted = objective.corrupt_input(corrupted, self.noise, self.kind)
        return corrupted

    @cached_property
    def _raw(self) -> tuple[Tensor, ...]:
        if self.halves:
            return together(self.encoder, *self._corrupted_batch.chunk(2, dim=1))
        return together(self.encoder, self.x_in)

    @cached_property
    def z(self) -> Tensor:
        return self._with_labels(self.prior.project(self.z_raw), self.labels)

    @property
    def z_raw(self) -> Tensor:
        """The codes (R, B, d) as the encoder gives them, before they are projected."""
        raw = self._raw[0]
        return raw if raw.shape[-1] == self._latent else raw[..., : self._latent]

    @property
    def extra(self) -> Tensor:
        """The outputs of the encoder beyond the code, (R, B, k)."""
        return self._raw[0][..., self._latent :]

    @cached_property
    def features(self) -> Tensor:
        """What a classifier of codes reads of x, (R, B, n), without gradients: see `features_of`."""
        if self.x_in is self.x and not self._has_posterior:
            return self.z.detach()
        training = self.encoder.training
        self.encoder.eval()  # a second pass leaves no trace in running statistics
        with torch.no_grad():
            features = features_of(self.encoder, self.prior, self._latent, self.x, self._has_posterior)
        self.encoder.train(training)
        return features

    @cached_property
    def z_partner(self) -> Tensor:
        if not self.halves:
            return self.z.flip(1)
        labels = None if self._batch_labels is None else self._batch_labels.chunk(2, dim=1)[1]
        return self._with_labels(self.prior.project(self._raw[1][..., : self._latent]), labels)

    def _with_labels(self, z: Tensor, labels: Tensor | None) -> Tensor:
        for objective in self._objectives:
            z = objective.with_labels(z, labels)
        return z

    @cached_property
    def z_in(self) -> Tensor:
        """The input of the decoder for the reconstruction: z, as the objectives corrupt it."""
        z = self.z
        for objective in self._objectives:
            z = objective.corrupt_code(z, self)
        return z

    @cached_property
    def alpha(self) -> Tensor:
        """(R, B) in [0, 1/2]."""
        return 0.5 - (self.drawn("alpha") - 0.5).abs()

    @property
    def t(self) -> Tensor:
        """(R, P) in [0, 1)."""
        return self.drawn("t")[:, : self.ends[0].shape[1]]

    @cached_property
    def z_mix(self) -> Tensor:
        return self.path(self.z, self.z_partner, self.alpha)

    @cached_property
    def z_t(self) -> Tensor:
        return self.path(*self.ends, self.t)

    @cached_property
    def _decoded(self) -> dict[str, Tensor]:
        # A step whose noise holds alpha, or t, will want that interpolated decode: all go through in one pass.
        codes = {} if isinstance(self.decoder, Traced) else {"z": self.z_in}
        if "alpha" in self.noise:
            codes["mix"] = self.z_mix
        if "t" in self.noise and not self.needs_velocity:
            codes["t"] = self.z_t
        return dict(zip(codes, self.decode(*codes.values()), strict=True))

    @cached_property
    def _traced(self) -> tuple[Tensor, Any]:
        assert isinstance(self.decoder, Traced)
        return self.decoder.trace(self.z_in)

    @property
    def trace(self) -> Any:
        """The trace of the reconstruction, of a decoder that is `Traced`."""
        return self._traced[1]

    @property
    def x_hat(self) -> Tensor:
        return self._traced[0] if isinstance(self.decoder, Traced) else self._decoded["z"]

    @property
    def x_mix(self) -> Tensor:
        """The decoded interpolations at alpha, (R, B, *shape)."""
        return self._decoded["mix"]

    @property
    def x_t(self) -> Tensor:
        """The decoded interpolations at t, (R, P, *shape)."""
        return self._moving["t"][0] if self.needs_velocity else self._decoded["t"]

    @cached_property
    def _moving(self) -> dict[str, tuple[Tensor, Tensor]]:
        names = [name for name in ("t", "s") if name in self.noise]
        paths = self.ends[0].shape[1]
        samples, velocities = self.decode_path(*(self.drawn(name)[:, :paths] for name in names))
        return dict(zip(names, zip(samples, velocities, strict=True), strict=True))

    @property
    def v_t(self) -> Tensor:
        """The derivative of x_t along the path, (R, P, *shape)."""
        return self._moving["t"][1]

    @property
    def v_s(self) -> Tensor:
        """The derivative along the path at s, (R, P, *shape)."""
        return self._moving["s"][1]


def features_of(encoder: nn.Module, prior: Prior, latent: int | None, x: Tensor, has_posterior: bool) -> Tensor:
    """Return the codes (R, B, d) of samples x (R, B, *shape); of a VAE what means and log variances are made of."""
    return cast(nn.Sequential, encoder)[:-1](x) if has_posterior else prior.project(encoder(x)[..., :latent])
