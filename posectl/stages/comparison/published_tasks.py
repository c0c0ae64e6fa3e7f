"""Published figures of pose priors on AMASS, for tables of tasks: of other data, in SMPL's angles, under other masks.

Completion, denoising of 60 frames, generation: DPoser-X (Lu et al., ICCV 2025), tables S-5, 3 with S-6, and 1. There
APD is of 500 draws, the Fréchet distance, precision and recall (k = 3) of 50,000, of angles; dNN is a sum of angles.
Inverse kinematics: HuProSO3 (Dünkel et al., CVPR 2024), tables 2 and 3.
"""

from __future__ import annotations

from typing import Any

_MASKS = ("left-leg", "legs", "arms", "torso")
# The least and the mean over ten hypotheses of the error on hidden joints, millimetres.
_COMPLETION = {
    "VPoser": ((182, 201), (196, 221), (187, 207), (47, 59)),
    "CVPoser": ((113, 128), (121, 134), (153, 163), (45, 51)),
    "Pose-NDF": ((154, 168), (160, 170), (253, 261), (106, 115)),
    "DPoser": ((39, 78), (64, 102), (65, 105), (23, 45)),
}
# Errors in millimetres by the noise, 20, 40 and 100 mm.
_DENOISING = {
    "no prior": (15.3, 24.2, 51.5),
    "VPoser": (15.2, 23.4, 49.1),
    "Pose-NDF": (13.8, 22.1, 46.1),
    "HuMoR": (None, 22.7, None),
    "DPoser": (13.6, 19.9, 33.2),
}
# Errors in millimetres with nothing, the left leg, the left arm with its hand, and the left shoulder hidden.
_IK = {
    "VPoser": (26.6, None, None, None),
    "GAN-S": (12.1, 16.8, 29.6, 18.8),
    "Pose-NDF": (0.2, 28.3, 38.3, 2.1),
    "HuProSO3": (8.2, 13.9, 30.2, 12.7),
}
# APD in centimetres, Fréchet distance, precision, recall, dNN in radians.
_GENERATION = {
    "real poses": (15.44, 0.005, 0.86, 0.90, 0.001),
    "GMM": (16.28, 1.02, 0.13, 0.34, 4.37),
    "VPoser": (10.75, 0.66, 0.29, 0.42, 3.74),
    "GAN-S": (15.68, 0.18, 0.61, 0.41, 2.98),
    "Pose-NDF": (18.75, 5.92, 0.02, 0.00, 9.08),
    "NRDF": (22.82, 0.64, 0.03, 0.99, 6.69),
    "DPoser": (14.28, 0.07, 0.72, 0.80, 2.63),
}
_GENERATED = ("apd", "fid_of_angles", "precision", "recall", "dnn_of_angles")
_UNITS = {"apd": ("m", 0.01), "dnn_of_angles": ("rad", 1.0)}


def task_columns(task: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the published columns of a task as scores, by the name of the prior."""
    return {name: {key: value for key, value in column.items() if value["mean"] is not None}
            for name, column in _COLUMNS[task].items()}  # fmt: skip


def _metres(millimetres: float | None) -> dict[str, Any]:
    return _figure(None if millimetres is None else millimetres / 1000, "m")


def _figure(mean: float | None, unit: str) -> dict[str, Any]:
    return {"mean": mean, "variance": None, "std": None, "median": None, "unit": unit}


_COLUMNS = {
    "completion": {
        name: {
            f"completion.hidden_{over}10.{mask}": _metres(figure)
            for mask, both in zip(_MASKS, figures, strict=True)
            for over, figure in zip(("min", "mean"), both, strict=True)
        }
        for name, figures in _COMPLETION.items()
    },
    "denoising": {
        name: {f"denoising.all.{sigma}-clips": _metres(f) for sigma, f in zip((20, 40, 100), figures, strict=True)}
        for name, figures in _DENOISING.items()
    },
    "ik": {
        name: {
            f"ik.all.{mask}": _metres(figure)
            for mask, figure in zip(("none", "left-leg", "left-arm", "LShoulder"), figures, strict=True)
        }
        for name, figures in _IK.items()
    },
    "generation": {
        name: {
            f"generation.{key}": _figure(figure * _UNITS.get(key, ("1", 1.0))[1], _UNITS.get(key, ("1", 1.0))[0])
            for key, figure in zip(_GENERATED, figures, strict=True)
        }
        for name, figures in _GENERATION.items()
    },
}
