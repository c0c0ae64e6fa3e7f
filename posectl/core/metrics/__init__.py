"""One metric a file: pure functions over tensors, exact, the same for any block size.

A metric's parameters name what it is computed from, and `evaluate` hands it just that:

paths (B, T, J, 3): interpolations, both ends included; walks (B, T, J, 3): the paths of Mean Distance; samples
(M, J, 3): decoded draws from the prior; crowd (K, J, 3): the many draws that recall searches; reference (N, J, 3): the
real poses that distances are measured to; targets (Q, J, 3): the real poses whose recall is asked; truth and
reconstruction (N, J, 3): test poses and what the model makes of them; parents: the skeleton's parent list; k: the
neighbours of prdc; compat: None, or the name of a published protocol. Metres throughout. It returns a score, as
`summarise` makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from posectl.registry import Registry

Score = dict[str, Any]
Metric = Callable[..., Score]

METRICS: Registry[Metric] = Registry(
    "metric", "posectl.core.metrics", helpers=("nearest", "summary", "transitions", "blocks"), dash="_"
)
metric = METRICS.register
