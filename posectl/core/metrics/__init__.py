"""One metric a file: pure functions over tensors, exact, the same for any block size.

A metric's parameters name its inputs, and `evaluate` hands it just those. `@metric("anci")` registers a metric, in any
module; `@metric_input("my_codes")` registers a function that makes one more input, of inputs that its own parameters
name, so a metric that needs something new is one file.

Inputs for every kind of sample: paths (B, T, *shape): interpolations, both ends included; random_paths (B, T, *shape):
those of Mean Distance, between random pairs; reference (N, *shape): the real samples that distances are measured to;
samples (M, *shape): decoded draws from the prior; recall_samples (K, *shape): the many draws that recall searches;
recall_targets (Q, *shape): the real samples whose recall is asked; k: the neighbours of prdc and convexity; kind: what
a sample is (posectl.core.kinds); compat: None, or the name of a published protocol; seed: of what a metric draws;
model: the autoencoder (posectl.core.autoencoder), where one is scored; path_codes (B, T, d): the codes of random_paths;
real_samples (N, *shape): real samples of training, whose codes real_codes (N, d) are.

Poses alone: truth and reconstruction (N, J, 3): test poses and what the model makes of them; parents: the skeleton's
parent list. Other samples: originals and reconstructions (N, *shape). With labels: codes (N, d) with labels (N,) in 0
... classes - 1, and test_codes with test_labels; train_samples and test_samples (N, *shape) that they are of;
kmeans_restarts; labelled: how many labels are known. Images whose factors are known: trace: where the
paths lie in their space (`trace.Trace`); interval_paths, interval_truth (B, T, C, H, W) and interval_trace: paths
between ends that are a fixed angle apart, and the true images; retrieval_trace: where paths between ends of another
such angle lie; interval_sweep: paths and truths of many lengths; beyond_paths, beyond_truth, at beyond_alpha (T,):
those of interval_paths that go on beyond their ends; object_trace: where paths lie among several objects' views;
true_images (N, C, H, W): images at the factors, drawn or stored.

probe_log (E,): the test accuracy of a layer that was trained beside the model, at each of its evaluations.

Models alone: matched_codes (N, d), with matched_labels (N,), are test codes that are held against prior_codes (M, d),
draws of the distribution that they are to follow, of prior_classes (M,). Of models that tell classes apart:
class_probabilities (M, K) of test samples; labelled_samples (N, *shape) with labelled_labels (N,), whose labels the
training saw, and test_samples. Of those that tell clusters apart: cluster_probabilities (N, K) of training samples and
test_cluster_probabilities (M, K).

Clouds: cloud_samples (M, P, 3), decoded draws, and cloud_reference (N, Q, 3), real ones; of both `cloud_sets` is made,
with the distances in and between them; clouds and reconstructed_clouds (N, P, 3). Shapes whose factors are known:
morph_paths and morph_truth (B, T, P, 3), paths between two of a class and the shapes at the factors between; sum_clouds
and sum_truth (S, P, 3), what a - b + c makes of three of a class and the shapes at that sum of the factors.

Of attribute vectors: edits (posectl.core.metrics.entanglement).

test_reference and test_targets: the test samples of reference and recall_targets, where these hold training samples
too. features, test_features: what is classified in place of codes.

A metric returns a score, as `summarise` makes it, or several by name; a score may hold others, such as that by test
samples alone, `test`. `curve` in it, {name: values (n,)}, is a curve over the first of its names, for figures;
`warning` in it is a sentence that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from posectl.registry import Registry

Score = dict[str, Any]
Metric = Callable[..., Score]

METRICS: Registry[Metric] = Registry("metric", "posectl.core.metrics", decorator="metric")

Better = Literal["lower", "higher"]

_BETTER: dict[str, Better | Mapping[str, Better] | None] = {}


def metric(name: str, better: Better | Mapping[str, Better] | None = None) -> Callable[[Metric], Metric]:
    """Decorator: register a metric. better: which way its scores improve, by name where it returns several."""
    _BETTER[name] = better
    return METRICS.register(name)


def better(score: str) -> Better | None:
    """Return which way a score is better, by its name ("anci", "prdc.recall", "mean_distance.test"); None: unknown."""
    name, *parts = score.split(".")
    if name in METRICS.names():
        METRICS.get(name)
    known = _BETTER.get(name)
    return known.get(parts[0] if parts else "") if isinstance(known, Mapping) else known


INPUTS: Registry[Callable[..., Any]] = Registry("metric input", "posectl.core.metrics", decorator="metric_input")
metric_input = INPUTS.register
