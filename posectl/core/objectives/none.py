"""No regularizer: reconstruction alone.

Source: the baseline of Berthelot et al., 2018, and of Naayem, Table I (lambda = 0).
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.objectives import objective
from posectl.core.objectives.base import Objective


@objective("none")
@dataclass(frozen=True)
class Nothing(Objective):
    """The plain autoencoder.

    lam: weighs nothing.
    """

    name = "none"
    whole_batch = ""
    has_term = False
    lam: float = 0.0
