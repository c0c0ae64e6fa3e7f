"""pythae's models of images with its default networks: model.pt, with model_config.json beside it.

Source: clementchadebec/benchmark_VAE, pythae/models/base/base_model.py (save) and nn/default_architectures.py. Its
images are in [0, 1]: the first layer takes posectl's, in [-1, 1], by (x + 1) / 2, and the last gives 2 s - 1 =
tanh(l / 2). What it has of variances is left out.
"""

from __future__ import annotations

import json
from pathlib import Path

from posectl.errors import InvalidInputError, NotFoundError
from posectl.inputs import read_input
from posectl.stages.artifacts.about import ModelAbout, Samples
from posectl.stages.importing import Described, Tensors, layout

_TAKEN = {
    f"{name}.{key}"
    for name in ("encoder.layers.0.0", "encoder.embedding", "decoder.layers.0.0", "decoder.layers.1.0")
    for key in ("weight", "bias")
}
_LEFT_OUT = ("encoder.log_var.", "discriminator.", "critic.")


@layout("pythae")
def read(tensors: Tensors, path: Path) -> Described | None:
    """Return the model of a state dict and of the config beside it."""
    others = tensors.keys() - _TAKEN
    if not tensors.keys() >= _TAKEN or not all(name.startswith(_LEFT_OUT) for name in others):
        return None
    beside = path.with_name("model_config.json")
    if not beside.is_file():
        raise NotFoundError(
            f"{path} is of pythae, and no model_config.json is beside it.", "Copy it there: pythae writes both."
        )
    try:
        config = json.loads(read_input(beside))
        shape = [int(side) for side in config["input_dim"]]
        name = str(config["name"]).removesuffix("Config")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{beside} is no config of pythae.", "It names the model and its input_dim.") from error
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise InvalidInputError(
            f"The model takes samples of shape {tuple(shape)}, and pythae's last layer, a sigmoid, fits images alone.",
            "Models of (1, H, W) and (3, H, W) are imported.",
        )
    first, code, hidden, last = (
        (tensors[f"{name}.weight"].T, tensors[f"{name}.bias"])
        for name in ("encoder.layers.0.0", "encoder.embedding", "decoder.layers.0.0", "decoder.layers.1.0")
    )
    layers = {
        "encoder.0": (first[0] / 2, first[1] + first[0].sum(0) / 2), "encoder.2": code,
        "decoder.0": hidden, "decoder.2": (last[0] / 2, last[1] / 2),
    }  # fmt: skip
    about = ModelAbout(
        net={"name": "pythae", "shape": shape, "latent": code[0].shape[1], "width": first[0].shape[1]},
        prior="normal",
        samples=Samples(kind="images"),
    )
    weights = {
        f"{at}.{key}": values
        for at, pair in layers.items()
        for key, values in zip(("matrix", "bias"), pair, strict=True)
    }
    told = ("Codes are the means that it encodes to: variances are left out.",) if others else ()
    return Described(about, weights, {"layout": "pythae", "model": name}, told)
