"""One metric a file: pure functions over tensors, exact, the same for any block size.

A metric's parameters name what it is computed from, and `evaluate` hands it just that:

Samples are poses (J, 3), in metres, or images (C, H, W) in [-1, 1]. paths (B, T, ...): interpolations, both ends
included; walks (B, T, ...): the paths of Mean Distance; reference (N, ...): the real samples that distances are
measured to; compat: None, or the name of a published protocol; seed: of what a metric draws.

Poses alone: samples (M, J, 3): decoded draws from the prior; crowd (K, J, 3): the many draws that recall searches;
targets (Q, J, 3): the real poses whose recall is asked; truth and reconstruction (N, J, 3): test poses and what the
model makes of them; parents: the skeleton's parent list; k: the neighbours of prdc.

Images alone: originals and reconstructions (N, C, H, W); codes (N, d) with labels (N,) in 0 ... classes - 1, and
test_codes with test_labels; inits: beginnings of k-means. Where the factors behind the images are known: trace: where
the paths lie in their space (`trace.Trace`); interval_paths, interval_truth (B, T, C, H, W) and interval_trace: paths
between ends that are a fixed angle apart, and the true images; interval_sweep: such paths and truths of many lengths.

A metric returns a score, as `summarise` makes it, or several by name. `curve` in it, {name: values (n,)}, is a curve
over the first of its names, for figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from posectl.registry import Registry

Score = dict[str, Any]
Metric = Callable[..., Score]

METRICS: Registry[Metric] = Registry("metric", "posectl.core.metrics")
metric = METRICS.register
