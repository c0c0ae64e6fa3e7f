"""The mixers of codes in AMR: the share of every element that each of k samples contributes.

A mixer takes uniform noise, `shares` (R, B, k) and `features` (R, B, d), and returns weights (k, R, B, 1 or d) that sum
to one over the k samples, of which the first is the sample itself: a share alpha = 0 of the others gives it back.

A feature is a number of a code that is a vector (mlp, vgg), and a whole map of one that is a stack of maps (conv), as
the authors' samplers have it, of shape (B, f) and (B, f, 1, 1): `features` is then the same all over a map.

Source: Beckham et al., "On Adversarial Mixup Resynthesis", 2019; christopher-beckham/amr, models/twogan.py and, for k
samples, models/threegan.py, whose successor kgan.py keeps the part of the last sample alone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def mixup(shares: Tensor, features: Tensor) -> Tensor:
    """Mix by alpha ~ U(0, 1), one a sample."""
    return _pair(shares[..., :1])


def mixup2(shares: Tensor, features: Tensor) -> Tensor:
    """Mix by alpha ~ U(0, 1) for every feature of every code."""
    return _pair(features)


def fm(shares: Tensor, features: Tensor) -> Tensor:
    """Mix by m ~ Bernoulli(p) with its own p ~ U(0, 1) for every feature: a fair coin each."""
    return _pair((features < 0.5).to(features.dtype))


def fm2(shares: Tensor, features: Tensor) -> Tensor:
    """Mix by m ~ Bernoulli(p) for every feature with one p ~ U(0, 1) a batch: the paper's Bernoulli mixup."""
    return _pair((features < shares[:, :1, :1]).to(features.dtype))


def k_mixup(shares: Tensor, features: Tensor) -> Tensor:
    """Mix by weights of k samples ~ Dirichlet(1, ..., 1)."""
    exponentials = -torch.log1p(-shares)
    return (exponentials / exponentials.sum(-1, keepdim=True)).movedim(-1, 0)[..., None]


def k_bernoulli(shares: Tensor, features: Tensor) -> Tensor:
    """Take every feature from one of k samples, each as likely."""
    k = shares.shape[-1]
    source = (features * k).long().clamp_max(k - 1)
    return F.one_hot(source, k).to(features.dtype).movedim(-1, 0)


Mixer = Callable[[Tensor, Tensor], Tensor]

PAIRWISE: dict[str, Mixer] = {"mixup": mixup, "mixup2": mixup2, "fm": fm, "fm2": fm2}
OF_MANY: dict[str, Mixer] = {"k-mixup": k_mixup, "k-bernoulli": k_bernoulli}
MIXERS = PAIRWISE | OF_MANY


def _pair(alpha: Tensor) -> Tensor:
    return torch.stack((1 - alpha, alpha))
