"""The pose report's autoencoders: linear layers with batch norm and leaky ReLU, between the same twice mirrored.

Source: naayem/ACAI-Enhanced-3D-Pose-Representation, models/acai.py (AE, AES) and core/trainer.py, whose checkpoints
hold each model's weights under "NAME_state_dict".
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from posectl.stages.artifacts.about import ModelAbout, Samples
from posectl.stages.importing import Described, Tensors, layout

_NAME = re.compile(r"(encoder|decoder)\.(\d+)\.(weight|bias|running_mean|running_var)")


@layout("naayem")
def read(tensors: Tensors, path: Path) -> Described | None:
    """Return the model of a state dict, its codes on the sphere (AES), as published."""
    parts = {part: _layers(tensors, part) for part in ("encoder", "decoder")}
    if not all(parts.values()) or not all(_NAME.fullmatch(n) or n.endswith("batches_tracked") for n in tensors):
        return None
    encoder, decoder = parts.values()
    widths = [len(layer["bias"]) for layer in encoder if layer["weight"].ndim == 2]
    norms = {layer["weight"].ndim for layer in encoder} == {1, 2}
    features = encoder[0]["weight"].shape[-1]
    if features % 3 or [len(each["bias"]) for each in decoder if each["weight"].ndim == 2][-1] != features:
        return None
    about = ModelAbout(
        net={
            "name": "mlp", "shape": [features // 3, 3], "latent": widths[-1], "widths": widths[:-1],
            "activation": "leaky_relu", "batch_norm": norms,
        },
        prior="sphere",
        samples=Samples(kind="poses", unit="m", skeleton="h36m17"),
    )  # fmt: skip
    weights: dict[str, np.ndarray] = {}
    for part, layers in parts.items():
        place = 0
        for layer in layers:
            if layer["weight"].ndim == 2:
                weights |= {f"{part}.{place}.matrix": layer["weight"].T, f"{part}.{place}.bias": layer["bias"]}
                place += 1 if norms else 2
            else:
                weights |= {f"{part}.{place}.{key}": values for key, values in layer.items()}
                place += 2
    told = "Its codes are taken to be on the unit sphere, as the report's (AES); --prior normal says that they are not."
    return Described(about, weights, {"layout": "naayem"}, (told,))


def _layers(tensors: Tensors, part: str) -> list[dict[str, np.ndarray]]:
    """Return the layers of a part that have weights, in their order."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for name, values in tensors.items():
        if (match := _NAME.fullmatch(name)) and match[1] == part:
            found.setdefault(int(match[2]), {})[match[3]] = values
    layers = [found[number] for number in sorted(found)]
    return (
        layers if all({"weight", "bias"} <= layer.keys() and layer["weight"].ndim in (1, 2) for layer in layers) else []
    )
