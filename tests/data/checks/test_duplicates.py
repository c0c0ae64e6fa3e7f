"""Exact duplicates against a brute-force search."""

import numpy as np

from posectl.data.checks.duplicates import first_occurrence


def test_first_alike_is_a_brute_force_search() -> None:
    samples = np.random.default_rng(0).integers(0, 3, size=(500, 2, 2)).astype(np.float32) * np.float32(-1.0)
    expected = [int((samples == sample).all(axis=(1, 2)).argmax()) for sample in samples]
    np.testing.assert_array_equal(first_occurrence(samples), expected)
