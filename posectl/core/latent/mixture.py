"""Mixtures of Gaussians fitted to codes, from which new ones are drawn where those lie in several places.

Sources: A. Dempster, N. Laird and D. Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", 1977, from
the means of k-means++ (D. Arthur and S. Vassilvitskii, 2007) on; drawn from after training, Ghosh et al., "From
Variational to Deterministic Autoencoders", 2020, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

_ROUNDS, _ENOUGH = 40, 1e-3  # of EM, which ends where the mean log likelihood rises by less
_RIDGE = 1e-5  # of the mean variance of all codes, what is added to each of a component
_EACH, _NUMBERS = 10, 1 << 15  # codes of a component for each dimension, and numbers of all covariances, at most
_LEAST, _CACHED = 64, 1 << 19  # codes of a block at least, and products of their numbers


@dataclass(frozen=True)
class Mixture:
    """A mixture of K Gaussians in d dimensions: weights (K,), which sum to 1, means (K, d), and lower triangular roots
    (K, d, d) of the covariances."""

    weights: Tensor
    means: Tensor
    roots: Tensor

    def draw(self, noise: Tensor, uniform: Tensor) -> Tensor:
        """Return draws (N, d) by standard normal noise (N, d) and uniform (N,), which chooses the components.

        >>> import torch
        >>> from posectl.core.latent.mixture import Mixture
        >>> two = Mixture(torch.tensor([0.25, 0.75]), torch.tensor([[0.0], [10.0]]), torch.tensor([[[1.0]], [[2.0]]]))
        >>> two.draw(torch.tensor([[1.0], [1.0]]), torch.tensor([0.2, 0.3])).tolist()
        [[1.0], [12.0]]
        """
        ends = self.weights.double().cumsum(0)
        of = torch.searchsorted(ends, uniform.double() * ends[-1], right=True).clamp_max(len(ends) - 1)
        return self.means[of] + (self.roots[of] @ noise[..., None])[..., 0]

    def log_density(self, codes: Tensor) -> Tensor:
        """Return the logarithm (N,) of the density at codes (N, d)."""
        middle = self.means.double().mean(0)  # as in fitting
        terms = _terms(replace(self, means=self.means.double() - middle))
        blocks = _blocks(codes.double() - middle)
        return torch.cat([(terms @ _sufficient(block)).logsumexp(0) for block in blocks])


def fitting_components(count: int, latent: int, most: int) -> int:
    """Return how many components, of `most`, so many codes of so many dimensions can tell of: each has ten codes a
    dimension, and all covariances together no more than 2^15 numbers.

    >>> fitting_components(16_384, 8, 32), fitting_components(500, 8, 32), fitting_components(60_000, 256, 32)
    (32, 6, 1)
    """
    return max(1, min(most, count // (_EACH * latent), _NUMBERS // latent**2))


def fitted_mixture(codes: Tensor, components: int, generator: torch.Generator) -> Mixture:
    """Return the mixture of so many Gaussians that codes (N, d) are likeliest under, as EM finds it.

    generator: of the first means, on the CPU, where all is computed, in float64.
    """
    x = codes.double().cpu()
    middle = x.mean(0)
    x = x - middle  # about their mean, so that products lose no digits, wherever the codes lie
    ridge = (_RIDGE * x.square().mean()).clamp_min(1e-12) * torch.eye(x.shape[1], dtype=x.dtype)
    if components == 1:
        return Mixture(x.new_ones(1), middle[None], torch.linalg.cholesky(x.mT @ x / len(x) + ridge)[None])
    first, blocks = _first_means(x, components, generator), _blocks(x)
    own = [torch.nn.functional.one_hot(torch.cdist(block, first).argmin(1), components).double() for block in blocks]
    sums = torch.stack([part.mT @ _sufficient(block).mT for part, block in zip(own, blocks, strict=True)]).sum(0)
    found, before = _likeliest(sums, ridge), -torch.inf
    for _ in range(_ROUNDS):
        likelihood, sums = _expected(found, blocks)
        if likelihood - before < _ENOUGH:
            break
        found, before = _likeliest(sums, ridge), likelihood
    return Mixture(found.weights, middle + found.means, found.roots)


def _first_means(x: Tensor, components: int, generator: torch.Generator) -> Tensor:
    """Return some of the codes, each drawn by its squared distance from those before it (k-means++)."""
    chosen = x[torch.randint(len(x), (1,), generator=generator)]
    gaps = (x - chosen).square().sum(1)
    for _ in range(components - 1):
        far = gaps if float(gaps.sum()) > 0 else torch.ones_like(gaps)
        chosen = torch.cat((chosen, x[torch.multinomial(far, 1, generator=generator)]))
        gaps = torch.minimum(gaps, (x - chosen[-1]).square().sum(1))
    return chosen


def _expected(mixture: Mixture, blocks: Sequence[Tensor]) -> tuple[float, Tensor]:
    """Return the mean log likelihood of codes in blocks (n, d), and the sums (K, F) of what is sufficient of them, by
    the shares that they are expected to have in components."""
    terms = _terms(mixture)
    likelihood, sums = terms.new_zeros(()), torch.zeros_like(terms)
    for block in blocks:
        sufficient = _sufficient(block)
        joint = terms @ sufficient
        each = joint.logsumexp(0)
        likelihood += each.sum()
        sums += joint.sub_(each).exp_() @ sufficient.mT
    return float(likelihood) / sum(map(len, blocks)), sums


def _likeliest(sums: Tensor, ridge: Tensor) -> Mixture:
    """Return the mixture of greatest likelihood by sums (K, F) of what is sufficient."""
    d = len(ridge)
    counts = sums[:, 0].clamp_min(1e-9)
    means = sums[:, 1 : d + 1] / counts[:, None]
    row, column = torch.tril_indices(d, d)
    squares = sums.new_zeros(len(sums), d, d)
    squares[:, row, column] = squares[:, column, row] = sums[:, d + 1 :] / counts[:, None]
    roots = torch.linalg.cholesky(squares - means[:, :, None] * means[:, None] + ridge)
    return Mixture(counts / counts.sum(), means, roots)


def _terms(mixture: Mixture) -> Tensor:
    """Return the factors (K, F) on what is sufficient of a code, by which the logarithms of its density together with
    each component are linear in it."""
    means, roots = mixture.means.double(), mixture.roots.double()
    d = means.shape[1]
    precision = torch.cholesky_inverse(roots)
    pull = precision @ means[..., None]
    constant = mixture.weights.double().log() - roots.diagonal(dim1=1, dim2=2).log().sum(1)
    constant -= 0.5 * ((means[:, None] @ pull)[:, 0, 0] + d * math.log(2 * math.pi))
    row, column = torch.tril_indices(d, d)
    halves = precision[:, row, column] * torch.where(row == column, 0.5, 1.0).to(precision)
    return torch.cat((constant[:, None], pull[..., 0], -halves), 1)


def _sufficient(codes: Tensor) -> Tensor:
    """Return what is sufficient (F, N) of codes (N, d) to fit a Gaussian: 1, the code, and products of its numbers."""
    x = codes.mT.contiguous()
    row, column = torch.tril_indices(len(x), len(x)).to(x.device)
    return torch.cat((torch.ones_like(x[:1]), x, x.index_select(0, row) * x.index_select(0, column)))


def _blocks(codes: Tensor) -> tuple[Tensor, ...]:
    """Split codes (N, d) into blocks of which what is sufficient stays in a processor's cache."""
    return codes.split(max(_LEAST, _CACHED // codes.shape[1] ** 2))
