"""The metrics that `evaluate` finds, by the names that its JSON shows."""

from __future__ import annotations

import inspect

from posectl.core.metrics import METRICS

NAMES = {
    "anci", "bone_length_error", "mean_distance", "monotonicity", "path_length_ratio", "prdc", "precision_distance",
    "recall_distance", "reconstruction_mpjpe", "smoothness_ratio",
}  # fmt: skip
INPUTS = {
    "paths", "random_paths", "samples", "recall_samples", "reference", "recall_targets", "truth", "reconstruction",
    "parents", "kind", "compat", "test_reference", "test_targets",
}  # fmt: skip


def test_each_is_registered_under_its_file_name() -> None:
    assert set(METRICS.names()) >= NAMES
    for name in NAMES:
        assert METRICS.get(name).__name__ == name


def test_each_names_what_it_is_computed_from() -> None:
    for name in NAMES:
        parameters = inspect.signature(METRICS.get(name)).parameters.values()
        assert {p.name for p in parameters if p.kind is not p.KEYWORD_ONLY} <= INPUTS
        assert all(p.default is not p.empty for p in parameters if p.kind is p.KEYWORD_ONLY)
