"""A model in a page: its decoder as operations, and the codes of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.operations import Operation, apply, describe
from posectl.core.random import generator
from posectl.errors import UsageError
from posectl.printable import one_line
from posectl.render.explorer.packing import Pack, shortened
from posectl.stages.artifacts.attribute import load_attributes, model_of
from posectl.stages.comparison.scores import model_label
from posectl.stages.exploring.codes import decoder_speed, density
from posectl.stages.run import Run
from posectl.store import Artifact

# Weights are put down in 16 bits where decoded samples stay within this, in the samples' unit.
EXACT = 2e-5
_TRIED = 256
_DRAWS = 2000  # of a model whose draws are not the prior's
_MOST = 3.0  # of an attribute, each way: classes are 0 and 1, numbers count in standard deviations


def put_model(
    pack: Pack, index: int, artifact: Artifact, model: Autoencoder, codes: np.ndarray, seed: int
) -> dict[str, Any]:
    """Put a model and the codes (N, d) of the samples into a page; return how it is described there.

    Raises UsageError for a network that no page runs.
    """
    operations = describe(model.decoder)
    short = _shortened(operations)
    tried = torch.from_numpy(codes[:_TRIED])
    off = (apply(short, tried) - apply(operations, tried)).abs().max().item()
    described = [
        _put_operation(pack, f"{index}.{number}", operation, short=off <= EXACT)
        for number, operation in enumerate(operations)
    ]
    pack.put_short(f"{index}.codes", codes)
    speed = decoder_speed(model, torch.from_numpy(codes), seed)
    pack.put_short(f"{index}.speed", speed)
    pack.put_short(f"{index}.density", density(torch.from_numpy(codes)))
    drawn = model.draw(_DRAWS, generator(seed, "explore")).codes
    noise = torch.randn(_DRAWS, model.latent, generator=generator(seed, "explore"))
    if not torch.equal(drawn, model.prior.draw(noise)):
        pack.put_short(f"{index}.draws", drawn.numpy())
    unit = model.kind.unit
    return {
        "label": f"{artifact.name}: {model_label(artifact)}",
        "ref": artifact.ref,
        "prior": model.prior.name,
        "path": model.prior.path,
        "latent": model.latent,
        "most": float(np.abs(codes).max() * 1.2),
        "heads": sum(objective.in_code for objective in model.objectives),
        "speedUnit": f"{unit} a unit of code" if unit != "1" else "a unit of code",
        "operations": described,
    }


def put_attributes(pack: Pack, run: Run, refs: Sequence[str], models: Sequence[Artifact]) -> list[dict[str, Any]]:
    """Put the vectors of attribute artifacts into a page; return how they are described there.

    Raises UsageError for those of another model.
    """
    described: list[dict[str, Any]] = []
    for ref in refs:
        stored = load_attributes(run.artifacts.get(ref, "attribute"))
        model = model_of(run, stored.artifact)
        places = [index for index, each in enumerate(models) if each.digest == model.digest]
        if not places:
            raise UsageError(f"{stored.artifact.ref} is of {model.ref}, which the page does not show.", "Name it, too.")
        for attribute, direction in zip(stored.attributes, stored.directions, strict=True):
            name = f"attribute.{len(described)}"
            pack.put(name, direction.astype(np.float32))
            described.append({"name": one_line(attribute.name), "model": places[0], "direction": name, "most": _MOST})
    return described


def _put_operation(pack: Pack, name: str, operation: Operation, *, short: bool) -> dict[str, Any]:
    arrays = {key: f"{name}.{key}" for key in operation.arrays}
    for key, values in operation.arrays.items():
        if short and key == "matrix":
            pack.put_columns(arrays[key], values)
        elif short and values.ndim > 1:
            pack.put_short(arrays[key], values)
        else:
            pack.put(arrays[key], values)
    shapes = {key: list(values.shape) for key, values in operation.arrays.items()}
    return {"name": operation.name, "settings": dict(operation.settings), "arrays": arrays, "shapes": shapes}


def _shortened(operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations as they are once their weights were put down in 16 bits."""

    def back(key: str, values: np.ndarray) -> np.ndarray:
        if values.ndim < 2:
            return values
        whole, scale = shortened(values, axis=0 if key == "matrix" else None)
        return whole * scale

    return [
        Operation(each.name, {key: back(key, values) for key, values in each.arrays.items()}, each.settings)
        for each in operations
    ]
