"""Binary cross-entropy of a discriminator's logits, as it learns and as it is to be fooled.

Source: Goodfellow et al., "Generative Adversarial Nets", 2014, with the generator's loss that does not saturate.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from posectl.core.objectives.base import mean_over_batch


def real_loss(logits: Tensor) -> Tensor:
    """Return binary cross-entropy (R,) of logits (R, B) with the target 1."""
    return mean_over_batch(F.softplus(-logits))


def fake_loss(logits: Tensor) -> Tensor:
    """Return binary cross-entropy (R,) of logits (R, B) with the target 0."""
    return mean_over_batch(F.softplus(logits))
