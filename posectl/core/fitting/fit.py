"""The codes whose decoded poses lie on what is known of a pose, near the codes of training poses that do so too."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.metrics.nearest import nearest


@dataclass(frozen=True)
class Examples:
    """Training poses (M, J, 3), metres about the pelvis, and their codes (M, d) by the model."""

    poses: Tensor
    codes: Tensor


@dataclass(frozen=True)
class Fitted:
    """Fitted poses (N, S, J, 3) and codes (N, S, d) of N poses in S hypotheses, the best first; residuals (N, S): the
    mean distance from the known joints, metres."""

    poses: Tensor
    codes: Tensor
    residuals: Tensor


def fit(
    model: Autoencoder,
    poses: Tensor,
    known: Tensor,
    examples: Examples,
    *,
    hypotheses: int = 1,
    noise: float = 0.0,
    generator: torch.Generator | None = None,
) -> Fitted:
    """Fit poses (N, J, 3) of which the joints `known` (N, J) are seen, the others any numbers.

    noise: standard deviation of a known coordinate, metres. generator: of draws, on the CPU.
    """
    seen = torch.where(known[..., None], poses, 0.0)
    _, index = nearest(seen, examples.poses, max(hypotheses, 8), known=known)
    found = examples.poses[index[:, :hypotheses].to(examples.poses.device)]
    codes = examples.codes[index[:, :hypotheses].to(examples.codes.device)]
    gaps = torch.linalg.vector_norm(found - seen[:, None], dim=-1) * known[:, None]
    return Fitted(found, codes, gaps.sum(-1) / known.sum(-1)[:, None])
