"""A model for other programs: its weights by name, and its encoder and decoder as lists of operations on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from posectl.core.autoencoder import Autoencoder
from posectl.core.operations import RUN, Operation, describe, encoding
from posectl.core.random import generator
from posectl.errors import PosectlError, UnavailableError
from posectl.stages.artifacts.model import model_about
from posectl.store import Artifact
from posectl.version import __version__

TRIED, CLOSE = 1000, 1e-5
"""Codes, and samples, by which an export is checked; the largest difference, of values up to 1, or as a share."""

PARTS = ("encoder", "decoder")
_AT_BOUNDARIES = 5  # codes, of those tried, that may fall to either of two entries of a codebook as near


@dataclass(frozen=True)
class Plain:
    """A model's weights by name, "encoder.0.matrix", without replica dimension, and the JSON object that describes it.

    config: `encoder` and `decoder` are lists of operations (see posectl.core.operations): their names, settings, and
    the names of the weights that they take; `about` rebuilds the model in posectl.
    """

    config: dict[str, Any]
    weights: dict[str, np.ndarray]

    def run(self, part: str, x: Tensor) -> Tensor:
        """Run the encoder on samples (N, *shape), or the decoder on codes (N, d), by these weights."""
        for each in self.config[part]:
            arrays = {key: torch.from_numpy(self.weights[name]) for key, name in each["arrays"].items()}
            x = RUN[each["name"]](x, **arrays, **each["settings"])
        return x


def plain(artifact: Artifact, model: Autoencoder) -> Plain:
    """Describe a model. Raises UsageError for a network that no list of operations describes."""
    about = model_about(artifact)
    modules, operations = (model.encoder, model.decoder), (encoding(model), describe(model.decoder))
    weights: dict[str, np.ndarray] = {}
    parts: dict[str, list[dict[str, Any]]] = {}
    for part, module, listed in zip(PARTS, modules, operations, strict=True):
        weights |= {f"{part}.{key}": value[0].cpu().numpy() for key, value in module.state_dict().items()}
        parts[part] = [_put(weights, part, module, number, each) for number, each in enumerate(listed)]
    config = {
        "model_type": "posectl",
        "posectl_version": __version__,
        "ref": artifact.ref,
        "digest": artifact.digest,
        "kind": model.kind.name,
        "unit": model.kind.unit,
        "shape": list(model.shape),
        "latent": model.latent,
        "prior": model.prior.name,
        "about": about.as_json(),
        **parts,
    }
    return Plain(config, {name: np.ascontiguousarray(value) for name, value in weights.items()})


def _put(
    weights: dict[str, np.ndarray], part: str, module: nn.Module, number: int, operation: Operation
) -> dict[str, Any]:
    """Name the weights that an operation takes, those of its layer; put others that it takes beside them."""
    names = {each: name for name, each in module.named_modules()}
    layer = f"{part}.{names[operation.source]}" if operation.source is not None else f"{part}.{number}"
    arrays = {key: f"{layer}.{key}" for key in operation.arrays}
    for key, name in arrays.items():
        weights.setdefault(name, operation.arrays[key])
    return {"name": operation.name, "arrays": arrays, "settings": dict(operation.settings)}


def check(
    model: Autoencoder, described: Plain, run: Callable[[str, np.ndarray], np.ndarray], parts: Sequence[str] = PARTS
) -> None:
    """Hold what an exported file gives for a part and an array, `run`, against the model's own outputs.

    A thousand codes are decoded, and the samples encoded. Raises PosectlError where an output differs.
    """
    codes = model.draw(TRIED, generator(0, "export")).codes
    samples = model.decode(codes)
    wanted = {"decoder": (codes, samples), "encoder": (samples, model.encode(samples))}
    for part in parts:
        given, right = (each.cpu().numpy() for each in wanted[part])
        off = np.abs(run(part, given) - right).reshape(TRIED, -1).max(1) / max(1.0, float(np.abs(right).max()))
        either = any(each["name"] == "quantise" for each in described.config[part])
        worst = float(np.sort(off)[-1 - _AT_BOUNDARIES * either])
        if not worst <= CLOSE:
            raise PosectlError(
                f"The {part} of the file gives other outputs, by up to {worst:.1e}; nothing was written.",
                "Please report it: POSECTL_DEBUG=1 shows where.",
            )


def run_plain(described: Plain) -> Callable[[str, np.ndarray], np.ndarray]:
    """Return the function that runs a part of a described model."""
    return lambda part, x: described.run(part, torch.from_numpy(x)).numpy()


def needs(extra: str, error: ImportError) -> UnavailableError:
    """Return the error for an extra that is not installed."""
    return UnavailableError(f"{error.name} is not installed.", f"Install the extra: pip install 'posectl[{extra}]'.")


def as_tensors(weights: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Return weights as tensors."""
    return {name: torch.from_numpy(value) for name, value in weights.items()}
