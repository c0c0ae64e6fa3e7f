"""VQ-VAE: the decoder sees entries of a codebook, which follows the codes by moving averages.

Source: van den Oord et al., "Neural Discrete Representation Learning", 2017, Eq. 3 and appendix A.1; with the sizes of
Berthelot et al., 2018 (brain-research/acai, vqvae.py and lib/discretization.py). Unused entries are restarted, after
Dhariwal et al., "Jukebox: A Generative Model for Music", 2020, section 3.1.

Defaults: Berthelot et al.'s sizes and beta; not their Adam at 1e-4 nor their code of 256, nor that unused entries stay
(restart=0), all of which --preset vqvae has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.kinds import Kind
from posectl.core.nets import Architecture
from posectl.core.nets.layers import Linear
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.lookup import closest, rows
from posectl.core.objectives.step import Step, Traced
from posectl.errors import UsageError


@objective("vqvae")
@dataclass(frozen=True)
class VQVAE(Objective):
    """The VQ-VAE. A code z is mapped to `latents` vectors of its own length; each is replaced by the nearest of `codes`
    entries, and `width` hidden units map those to the input of the net's decoder. So a code as others see it, and a
    path between two, is not quantised yet.

    lam: weight of the commitment, beta; beside squared metres 10 leaves few entries in use, and 0.1 is a fair start.
        Paper: 10, of images in [-1, 1].
    codes: entries of the codebook. Paper: 16384.
    latents: vectors that a code is mapped to. Paper: 10.
    width: hidden units behind the codebook. Paper: 512.
    decay: of the moving averages that entries are. Paper: 0.999.
    epsilon: that keeps them from zero. Paper: 1e-5.
    restart: steps for which an entry is nearest to nothing before it moves to a vector of the batch; 0 leaves it,
        and then one entry may come to stand for all images before the decoder has learned to distinguish them.
        Paper: 0.
    """

    name = "vqvae"
    whole_batch = "its codebook follows the whole batch"
    # The loss is the plain one, but the decoder must be the only one.
    replaces_reconstruction = True

    lam: float = 10.0
    codes: int = 16_384
    latents: int = 10
    width: int = 512
    decay: float = 0.999
    epsilon: float = 1e-5
    restart: int = 100

    def __post_init__(self) -> None:
        if min(self.codes, self.latents, self.width) < 1:
            raise UsageError("vqvae's codes, latents and width are counts from 1 on.", "As published: 16384, 10, 512.")
        if not (0 <= self.decay < 1 and self.epsilon > 0):
            raise UsageError("vqvae.decay is in [0, 1), and vqvae.epsilon above 0.", "As published: 0.999, 1e-5.")
        if self.restart < 0:
            raise UsageError(f"vqvae.restart counts steps and cannot be {self.restart}.", "0 restarts nothing.")

    def decoder(self, inner: nn.Module, architecture: Architecture, replicas: int, kind: Kind) -> nn.Module:
        """Return the net's decoder behind a codebook."""
        return Quantised(inner, architecture.latent, replicas, self)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the commitment loss (R,): the mean of (vector - its entry)^2, which moves the vector alone."""
        trace: Quantisation = step.trace
        return mean_over_batch((trace.vectors - trace.entries).square())


class Quantisation(NamedTuple):
    """The vectors and the entries nearest to them, (R, B * latents, d); the entries carry no gradient."""

    vectors: Tensor
    entries: Tensor


class Quantised(Traced):
    """A decoder of codes (R, B, d) that sees them through a codebook; in training, `trace` moves the codebook."""

    def __init__(self, inner: nn.Module, latent: int, replicas: int, settings: VQVAE) -> None:
        super().__init__()
        self.inner = inner
        self.latents, self.latent = settings.latents, latent
        self.spread = Linear(replicas, latent, settings.latents * latent)
        self.codebook = Codebook(replicas, latent, settings)
        self.hidden = Linear(replicas, settings.latents * latent, settings.width)
        self.gather = Linear(replicas, settings.width, latent)

    def forward(self, codes: Tensor) -> Tensor:
        vectors = self._vectors(codes)
        return self._decoded(vectors, self.codebook.entries(self.codebook.nearest(vectors)))

    def trace(self, codes: Tensor) -> tuple[Tensor, Quantisation]:
        """Return the decoded samples and their quantisation."""
        vectors = self._vectors(codes)
        nearest = self.codebook.nearest(vectors)
        entries = self.codebook.entries(nearest)
        if self.training:
            self.codebook.follow(vectors.detach(), nearest)
        return self._decoded(vectors, entries), Quantisation(vectors, entries)

    def _vectors(self, codes: Tensor) -> Tensor:
        return self.spread(codes).unflatten(2, (self.latents, self.latent)).flatten(1, 2)

    def _decoded(self, vectors: Tensor, entries: Tensor) -> Tensor:
        # Straight through: the entries' value, the vectors' gradient.
        through = (vectors + (entries - vectors).detach()).unflatten(1, (-1, self.latents)).flatten(2)
        return self.inner(self.gather(F.relu(self.hidden(F.relu(through)))))


class Codebook(nn.Module):
    """The K entries of d elements of each replica: moving averages of the vectors that were nearest to them.

    As published, the averages are of the number n of an entry's vectors, N <- g N + (1 - g) n, and of their sum, M <- g
    M + (1 - g) sum; the entry is M / N', where N' = S (N + eps) / (S + K eps) and S is the sum of all N. N and M / N
    are kept here, which moves by (1 - g) (sum - n M / N) / N, so that a step touches no entry but those that were
    nearest to something. The authors start at N = 0, which throws every other entry some 1 / eps away at the first
    step; here N starts at 1.
    """

    counts: Tensor
    means: Tensor
    idle: Tensor

    def __init__(self, replicas: int, latent: int, settings: VQVAE) -> None:
        super().__init__()
        self.decay, self.epsilon, self.restart = settings.decay, settings.epsilon, settings.restart
        self.register_buffer("counts", torch.ones(replicas, settings.codes))
        self.register_buffer("means", torch.empty(replicas, settings.codes, latent))
        # Steps since an entry was last nearest to a vector.
        self.register_buffer("idle", torch.full((replicas, settings.codes), float(self.restart)))

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw entries uniform in +-sqrt(3 / K), as the authors' (TensorFlow's unit scaling); each counts for one."""
        entries = self.means.shape[1]
        bound = math.sqrt(3 / entries)
        self.means[replica] = torch.empty(self.means.shape[1:]).uniform_(-bound, bound, generator=generator)
        self.counts[replica], self.idle[replica] = 1, self.restart

    def nearest(self, vectors: Tensor) -> Tensor:
        """Find the entry nearest to each vector: (R, N, d) to (R, N)."""
        with torch.no_grad():
            return closest(vectors, self.all_entries())

    def all_entries(self) -> Tensor:
        """Return all entries (R, K, d)."""
        return self.means * self._shares()[..., None]

    def entries(self, which: Tensor) -> Tensor:
        """Return the entries (R, N, d) of these numbers (R, N)."""
        return rows(self.means, which) * self._shares().gather(1, which)[..., None]

    @torch.no_grad()
    def follow(self, vectors: Tensor, nearest: Tensor) -> None:
        """Move entries towards the vectors (R, N, d) that they are nearest to, by their numbers (R, N)."""
        share = 1 - self.decay
        found = torch.zeros_like(self.counts).scatter_add_(
            1, nearest, torch.ones_like(nearest, dtype=self.counts.dtype)
        )
        self.counts.lerp_(found, share)
        moves = share * (vectors - rows(self.means, nearest)) / self.counts.gather(1, nearest)[..., None]
        for means, which, own in zip(self.means, nearest, moves, strict=True):
            # Each of the two adds in an undefined order on the other device, so runs would not repeat to the bit.
            if means.is_cuda:
                means.index_put_((which,), own, accumulate=True)
            else:
                means.index_add_(0, which, own)
        if self.restart:
            self.idle.add_(1).scatter_(1, nearest, 0)
            self._restart(vectors)

    def _restart(self, vectors: Tensor) -> None:
        """Put the entries that were idle the longest, if for long enough, where the vectors are: one vector each."""
        steps, which = self.idle.topk(min(vectors.shape[1], self.idle.shape[1]))
        anew = steps >= self.restart
        places = torch.where(anew[..., None], vectors[:, : which.shape[1]], rows(self.means, which))
        self.means.scatter_(1, which[..., None].expand_as(places), places)
        self.counts.scatter_(1, which, torch.where(anew, 1, self.counts.gather(1, which)))
        self.idle.scatter_(1, which, torch.where(anew, 0, steps))

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """Load a state dict; models saved before entries were restarted have no `idle`, which only training needs."""
        state_dict.setdefault(f"{prefix}idle", self.idle)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _shares(self) -> Tensor:
        """Return N / N' (R, K), the factor from mean to entry: one, but for entries to which hardly any vector is
        near."""
        total = self.counts.sum(1, keepdim=True)
        return self.counts / (self.counts + self.epsilon) * (1 + self.counts.shape[1] * self.epsilon / total)
