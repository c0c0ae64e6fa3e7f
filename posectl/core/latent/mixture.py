"""Mixtures of Gaussians fitted to codes, from which new ones are drawn where those lie in several places.

Sources: A. Dempster, N. Laird and D. Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", 1977, from
the means of k-means++ (D. Arthur and S. Vassilvitskii, 2007) on; drawn from after training, Ghosh et al., "From
Variational to Deterministic Autoencoders", 2020, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_ROUNDS, _ENOUGH = 40, 1e-3  # of EM, which ends where the mean log likelihood rises by less
_RIDGE = 1e-5  # of the mean variance of all codes, what is added to each of a component
_EACH, _NUMBERS = 10, 1 << 15  # codes of a component for each dimension, and numbers of all covariances, at most
_BLOCK = 2048


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
        return _joint(self, codes).logsumexp(1)


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
    ridge = (_RIDGE * x.var(0, correction=0).mean()).clamp_min(1e-12) * torch.eye(x.shape[1], dtype=x.dtype)
    nearest = torch.cdist(x, _first_means(x, components, generator)).argmin(1)
    found = _expected(x, torch.nn.functional.one_hot(nearest, components).double(), ridge)
    before = -torch.inf
    for _ in range(_ROUNDS):
        joint = torch.cat([_joint(found, block) for block in x.split(_BLOCK)])
        likelihood = float(joint.logsumexp(1).mean())
        if likelihood - before < _ENOUGH:
            break
        found, before = _expected(x, joint.softmax(1), ridge), likelihood
    return found


def _first_means(x: Tensor, components: int, generator: torch.Generator) -> Tensor:
    """Return some of the codes, each drawn by its squared distance from those before it (k-means++)."""
    chosen = x[torch.randint(len(x), (1,), generator=generator)]
    gaps = (x - chosen).square().sum(1)
    for _ in range(components - 1):
        far = gaps if float(gaps.sum()) > 0 else torch.ones_like(gaps)
        chosen = torch.cat((chosen, x[torch.multinomial(far, 1, generator=generator)]))
        gaps = torch.minimum(gaps, (x - chosen[-1]).square().sum(1))
    return chosen


def _expected(x: Tensor, shares: Tensor, ridge: Tensor) -> Mixture:
    """Return the mixture of greatest likelihood where codes (N, d) belong to components by shares (N, K)."""
    counts = shares.sum(0).clamp_min(1e-9)
    means = (shares.mT @ x) / counts[:, None]
    covariances = torch.stack(
        [(x - mean).mT @ (share[:, None] * (x - mean)) for mean, share in zip(means, shares.T, strict=True)]
    )
    roots = torch.linalg.cholesky(covariances / counts[:, None, None] + ridge)
    return Mixture(counts / counts.sum(), means, roots)


def _joint(mixture: Mixture, codes: Tensor) -> Tensor:
    """Return the logarithms (N, K) of the density of codes (N, d) together with each component."""
    means, roots = mixture.means.double(), mixture.roots.double()
    off = (codes.double()[None] - means[:, None]).mT
    squares = torch.linalg.solve_triangular(roots, off, upper=False).square().sum(1).T
    constant = mixture.weights.double().log() - roots.diagonal(dim1=1, dim2=2).log().sum(1)
    return constant - 0.5 * (squares + codes.shape[1] * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64)))
