"""3d-AAE's encoder and generator of point clouds, saved as two files, NNNNN_E.pth and NNNNN_G.pth.

Source: MaciejZamorski/3d-AAE, models/aae.py and experiments/train_aae.py. Codes are the means of its encoder, whose
variances posectl's has not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posectl.data.safe.torch_file import load_torch
from posectl.errors import NotFoundError
from posectl.stages.artifacts.about import ModelAbout, Samples
from posectl.stages.importing import Described, Tensors, layout

_FILES = {"_E": "_G", "_G": "_E"}


@layout("3d-aae")
def read(tensors: Tensors, path: Path) -> Described | None:
    """Return the model of an encoder's or a generator's weights and of the other's in the file beside it."""
    is_encoder = {"conv.0.weight", "fc.0.weight", "mu_layer.weight"} <= tensors.keys()
    if not is_encoder and not {f"model.{place}.weight" for place in (0, 2, 4, 6, 8)} <= tensors.keys():
        return None
    ending = "_E" if is_encoder else "_G"
    other = path.with_name(path.stem.removesuffix(ending) + _FILES[ending] + path.suffix)
    if not path.stem.endswith(ending) or not other.is_file():
        raise NotFoundError(
            f"{path} holds one half of a model of 3d-AAE, and the other is not beside it.",
            "The authors' files are called NNNNN_E.pth and NNNNN_G.pth.",
        )
    encoder, generator = (tensors, load_torch(other)) if is_encoder else (load_torch(other), tensors)
    latent, points = len(encoder["mu_layer.bias"]), len(generator["model.8.weight"]) // 3
    weights: dict[str, np.ndarray] = {}
    for place in range(0, 9, 2):
        weights |= _linear(f"encoder.points.{place}", encoder, f"conv.{place}")
        weights |= _linear(f"decoder.{place}", generator, f"model.{place}")
    weights |= _linear("encoder.dense.0", encoder, "fc.0") | _linear("encoder.dense.2", encoder, "mu_layer")
    for key, values in weights.items():
        if key.startswith("decoder.8."):  # its clouds are (3, P)
            weights[key] = values.reshape(*values.shape[:-1], 3, points).swapaxes(-1, -2).reshape(values.shape)
    about = ModelAbout(
        net={"name": "cloud", "shape": [points, 3], "latent": latent, "width": 1.0},
        prior="normal-0.2",
        samples=Samples(kind="clouds"),
    )
    return Described(
        about, weights, {"layout": "3d-aae", "with": other.name}, ("Its codes are means: variances are left out.",)
    )


def _linear(name: str, tensors: Tensors, own: str) -> dict[str, np.ndarray]:
    weight = tensors[f"{own}.weight"]
    matrix = weight.reshape(weight.shape[:2]).T
    return {f"{name}.matrix": matrix, f"{name}.bias": tensors.get(f"{own}.bias", np.zeros(len(weight), np.float32))}
