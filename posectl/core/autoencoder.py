"""A trained autoencoder: one replica's encoder and decoder with their prior, for use in large batches."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from posectl.core.kinds import Kind
from posectl.core.latent.mixture import Mixture
from posectl.core.latent.paths import WHOLE, Span, between
from posectl.core.latent.posterior import reparameterise
from posectl.core.latent.priors import Prior
from posectl.core.memory import Blocks
from posectl.core.nets import Architecture
from posectl.core.objectives.base import Draws, Objective, build_decoder, build_encoder
from posectl.core.random import generator
from posectl.errors import IntegrityError, InvalidInputError

# Rows that pass through a network at once, fewer where samples are large: enough to fill the hardware, and to fit.
ROWS, _NUMBERS = 16_384, 1 << 20


class Autoencoder:
    """Encoder and decoder in evaluation mode; every method keeps gradients off and works in blocks of rows.

    A code is the encoder's output; a VAE's is the mean of its posterior or, where `posterior` holds a seed, a draw from
    that, which depends on the seed and on the samples that are encoded together.
    """

    posterior: int | None = None
    density: Mixture | None = None
    """What new codes are drawn from, where it was fitted to the codes of training samples."""

    def __init__(
        self,
        architecture: Architecture,
        prior: Prior,
        device: torch.device,
        objectives: Sequence[Objective] = (),
        *,
        kind: Kind,
    ) -> None:
        self.architecture, self.prior, self.device, self.objectives = architecture, prior, device, objectives
        self.kind = kind
        self.encoder = build_encoder(architecture, objectives, 1).to(device).eval()
        self.decoder = build_decoder(architecture, objectives, 1, kind).to(device).eval()
        self._rows = max(64, min(ROWS, _NUMBERS // math.prod(architecture.shape)))

    @property
    def latent(self) -> int:
        """The number of elements of a code."""
        return self.architecture.latent

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        return self.architecture.shape

    def load(self, weights: Mapping[str, np.ndarray]) -> Autoencoder:
        """Take the weights "encoder.*" and "decoder.*", without replica dimension; IntegrityError on a misfit."""
        for name, module in (("encoder", self.encoder), ("decoder", self.decoder)):
            own = {k.removeprefix(f"{name}."): v for k, v in weights.items() if k.startswith(f"{name}.")}
            try:
                module.load_state_dict({k: torch.from_numpy(v)[None] for k, v in own.items()})
            except RuntimeError as error:
                raise IntegrityError(
                    f"The stored weights do not fit the {name} that the artifact describes.", str(error)
                ) from error
        return self

    @torch.no_grad()
    def encode(self, samples: Tensor) -> Tensor:
        """Encode samples (N, *shape) to codes (N, d), on the device."""
        if tuple(samples.shape[1:]) != tuple(self.shape):
            raise InvalidInputError(
                f"The model takes samples of shape {tuple(self.shape)}, and these have {tuple(samples.shape[1:])}.",
                "Use a model that was trained on data of this shape.",
            )
        code, extra = self._blocks(self._encoded, samples).tensor_split([self.architecture.latent], dim=1)
        if self.posterior is not None:
            same = zlib.crc32(np.ascontiguousarray(samples.cpu().numpy()).data)
            noise = torch.randn(code.shape, generator=generator(self.posterior, "posterior", same))
            code = reparameterise(code, extra, noise.to(code.device))
        return self.prior.project(code)

    def _encoded(self, x: Tensor) -> Tensor:
        """Return the encoder's outputs for samples (1, N, *shape), with the codes complete."""
        outputs = self.encoder(x)
        code, extra = outputs.tensor_split([self.architecture.latent], dim=-1)
        for objective in self.objectives:
            code = objective.completed(code, x, self.decoder, self.kind)
        return torch.cat((code, extra), dim=-1)

    @property
    def heads(self) -> Objective | None:
        """The objective by which the encoder tells classes or clusters apart; None where it does not."""
        return next((objective for objective in self.objectives if objective.heads), None)

    @torch.no_grad()
    def probabilities(self, samples: Tensor) -> Tensor:
        """Return the probabilities (N, K) of classes, or clusters, of samples (N, *shape), of a model with `heads`."""
        assert self.heads is not None
        return self.heads.probabilities(self._blocks(self.encoder, samples), self.latent)

    @torch.no_grad()
    def draw(self, count: int, generator: torch.Generator) -> Draws:
        """Draw codes (count, d) on the CPU from the distribution that codes were shaped to, or else the prior."""
        noise = torch.randn(count, self.latent, generator=generator)
        uniform = torch.rand(count, generator=generator)
        if self.density is not None:
            return Draws(self.prior.project(self.density.draw(noise, uniform)))
        for objective in self.objectives:
            drawn = objective.draws(self.prior, noise, uniform, self.encoder)
            if drawn is not None:
                return drawn._replace(codes=drawn.codes.cpu())
        return Draws(self.prior.draw(noise))

    @torch.no_grad()
    def features(self, samples: Tensor) -> Tensor:
        """Return what a VAE's layer to means and log variances reads (N, d) of samples (N, *shape), or else codes."""
        if not self.has_posterior:
            return self.encode(samples)
        return self._blocks(cast(nn.Sequential, self.encoder)[:-1], samples)

    @property
    def has_posterior(self) -> bool:
        """True if the encoder gives a Gaussian's log variances beside its means."""
        return any(objective.has_posterior for objective in self.objectives)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Decode codes (N, d) to samples (N, *shape), on the device."""
        return self._blocks(self.decoder, codes)

    def decode_path(self, a: Tensor, b: Tensor, steps: int, path: str | None = None, span: Span = WHOLE) -> Tensor:
        """Decode the path between codes a and b (B, d) in so many steps, both ends included: (B, steps, *shape).

        path: see `posectl.core.latent.paths.PATHS`; None: the prior's own. span: the first and the last alpha.
        """
        codes = between(a, b, steps, path or self.prior.path, span)
        return self.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])

    def reconstruct(self, samples: Tensor) -> Tensor:
        """Decode the codes of samples (N, *shape)."""
        return self.decode(self.encode(samples))

    def _blocks(self, module: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        def outputs(some: slice) -> Tensor:
            return module(rows[some].to(self.device)[None])[0]

        return torch.cat(list(Blocks(self._rows).over(len(rows), outputs)))
