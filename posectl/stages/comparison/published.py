"""The published figures of Naayem's Table I and of ACAI's Tables 1 and 2, for `compare --published`.

Table I: Human3.6M, 17 joints; mean, variance and median as printed (its +- is the variance). ANCI carries the published
normaliser (1.0101 at 100 steps), and distances are flattened 51-d L2 in metres: `evaluate --compat naayem` computes the
same. Its recall is biased high by a re-seeding of the generator.

Table 1: lines, 64-d (VQ-VAE 256-d), 2^24 images; mean and standard deviation over runs, each the median of the last 20
of 256 evaluations. `evaluate --compat acai` computes the same.

Table 2: the accuracy, in percent, of a layer trained beside the autoencoder, by data and size of the code; mean and
standard deviation over runs, as in Table 1. `train --reg probe` and its `probe_accuracy` compute the same. Of Table 3,
k-means on codes, no figures could be found in readable form.
"""

from __future__ import annotations

from typing import Any

_ROWS = ("anci", "smoothness_ratio", "mean_distance", "precision_distance", "recall_distance")

# Each figure is mean, variance, median.
_Columns = dict[float, tuple[tuple[float, float, float], ...]]

_D16: _Columns = {
    0: ((1.08, 0.00, 1.08), (1.86, 0.19, 1.75), (0.45, 0.02, 0.43), (1.94, 0.12, 1.95), (1.52, 0.02, 1.53)),
    1e-4: ((1.08, 0.01, 1.09), (1.99, 0.25, 1.89), (0.46, 0.02, 0.44), (1.78, 0.10, 1.79), (1.44, 0.02, 1.45)),
    1e-3: ((1.09, 0.01, 1.09), (2.34, 0.40, 2.25), (0.44, 0.02, 0.42), (2.11, 0.15, 2.12), (1.53, 0.03, 1.53)),
    1e-2: ((1.14, 0.04, 1.09), (3.31, 3.07, 2.74), (0.43, 0.02, 0.41), (1.86, 0.12, 1.86), (1.46, 0.02, 1.46)),
    0.1: ((1.20, 0.08, 1.09), (4.65, 6.74, 4.24), (0.43, 0.02, 0.40), (2.67, 0.15, 2.68), (2.19, 0.02, 2.19)),
    0.3: ((1.23, 0.07, 1.10), (4.17, 5.25, 3.70), (0.45, 0.02, 0.43), (3.76, 0.15, 3.72), (1.89, 0.03, 1.90)),
    0.5: ((1.22, 0.06, 1.07), (3.39, 2.17, 3.06), (0.48, 0.03, 0.46), (2.04, 0.14, 2.05), (1.71, 0.01, 1.72)),
    0.8: ((1.23, 0.05, 1.11), (3.12, 2.26, 2.75), (0.48, 0.02, 0.45), (2.75, 0.80, 2.63), (1.63, 0.03, 1.65)),
    1: ((1.25, 0.08, 1.10), (4.05, 4.87, 3.62), (0.49, 0.03, 0.46), (3.26, 0.89, 3.19), (1.77, 0.04, 1.79)),
}
_D8: _Columns = {
    0: ((1.24, 0.00, 1.22), (1.96, 0.23, 1.87), (0.45, 0.03, 0.42), (1.05, 0.10, 1.05), (0.80, 0.02, 0.80)),
    1e-3: ((1.23, 0.01, 1.21), (2.23, 0.34, 2.14), (0.43, 0.02, 0.41), (1.02, 0.10, 1.00), (0.81, 0.02, 0.80)),
    1e-2: ((1.28, 0.02, 1.24), (3.00, 0.20, 2.62), (0.44, 0.03, 0.41), (0.90, 0.07, 0.89), (0.74, 0.02, 0.72)),
    0.1: ((1.41, 0.06, 1.31), (4.98, 8.85, 4.43), (0.43, 0.02, 0.41), (1.47, 0.23, 1.45), (0.97, 0.03, 0.97)),
    0.3: ((1.41, 0.09, 1.27), (5.51, 12.0, 4.90), (0.43, 0.02, 0.40), (1.73, 0.40, 1.68), (0.96, 0.03, 0.96)),
    0.5: ((1.30, 0.06, 1.18), (3.78, 3.44, 3.38), (0.46, 0.03, 0.44), (0.86, 0.07, 0.84), (0.72, 0.02, 0.70)),
    0.8: ((1.45, 0.04, 1.40), (5.90, 13.9, 5.47), (0.44, 0.02, 0.41), (4.89, 9.82, 4.23), (1.20, 0.06, 1.22)),
    1: ((1.42, 0.08, 1.34), (5.90, 13.0, 5.90), (0.46, 0.02, 0.43), (4.90, 9.81, 4.31), (1.17, 0.04, 1.16)),
    2: ((1.40, 0.07, 1.30), (5.44, 15.6, 4.18), (0.48, 0.03, 0.45), (0.97, 0.08, 0.94), (0.80, 0.02, 0.78)),
}
TABLE_I: dict[str, _Columns] = {"d8": _D8, "d16": _D16}


def column(table: str, lam: float) -> dict[str, dict[str, Any]] | None:
    """Return one column of Table I ("d8" or "d16") as scores, or None where it has no such lambda."""
    figures = TABLE_I[table].get(lam)
    if figures is None:
        return None
    return {
        name: {"mean": mean, "variance": variance, "std": variance**0.5, "median": median,
               "unit": "m" if name.endswith("distance") else "1"}
        for name, (mean, variance, median) in zip(_ROWS, figures, strict=True)
    }  # fmt: skip


LINES = "lines"

# Mean Distance in thousandths, and Smoothness: mean, standard deviation.
_TABLE_1 = {
    "baseline": ((6.88, 0.21), (0.44, 0.04)),
    "dropout": ((2.85, 0.54), (0.74, 0.02)),
    "denoising": ((4.21, 0.32), (0.66, 0.02)),
    "VAE": ((1.21, 0.17), (0.49, 0.13)),
    "AAE": ((3.26, 0.19), (0.14, 0.02)),
    "VQ-VAE": ((5.41, 0.49), (0.77, 0.02)),
    "ACAI": ((0.24, 0.01), (0.10, 0.01)),
}


def lines_columns() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the columns of ACAI's Table 1 as scores, in its order."""
    return {
        method: {"mean_distance": _over_runs(mean / 1000, std / 1000), "smoothness": _over_runs(*smoothness)}
        for method, ((mean, std), smoothness) in _TABLE_1.items()
    }


# Accuracy in percent: mean, standard deviation, in the order of Table 1.
_TABLE_2: dict[str, tuple[tuple[float, float], ...]] = {
    "mnist32": (
        (94.90, 0.14), (96.45, 0.42), (96.00, 0.27), (96.56, 0.31), (70.74, 3.27), (97.50, 0.18), (98.25, 0.11),
    ),
    "mnist256": (
        (93.94, 0.13), (94.50, 0.29), (98.51, 0.04), (98.74, 0.14), (90.03, 0.54), (97.25, 1.42), (99.00, 0.08),
    ),
    "svhn32": (
        (26.21, 0.42), (26.09, 1.48), (25.15, 0.78), (29.58, 3.22), (23.43, 0.79), (24.53, 1.33), (34.47, 1.14),
    ),
    "svhn256": (
        (22.74, 0.05), (25.12, 1.05), (77.89, 0.35), (66.30, 1.06), (22.81, 0.24), (44.94, 20.42), (85.14, 0.20),
    ),
    "cifar256": (
        (47.92, 0.20), (40.99, 0.41), (53.78, 0.36), (47.49, 0.22), (40.65, 1.45), (42.80, 0.44), (52.77, 0.45),
    ),
    "cifar1024": (
        (51.62, 0.25), (49.38, 0.77), (60.65, 0.14), (51.39, 0.46), (42.86, 0.88), (16.22, 12.44), (63.99, 0.47),
    ),
}  # fmt: skip
PROBES = tuple(_TABLE_2)


def probe_columns(table: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the columns of a row of ACAI's Table 2 ("mnist32", ...) as scores, in its order."""
    return {
        method: {"probe_accuracy": _over_runs(mean / 100, std / 100)}
        for method, (mean, std) in zip(_TABLE_1, _TABLE_2[table], strict=True)
    }


def _over_runs(mean: float, std: float) -> dict[str, Any]:
    return {"mean": mean, "variance": std**2, "std": std, "median": None, "unit": "1"}
