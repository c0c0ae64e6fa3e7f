"""interpolate: decode the path between the codes of two samples."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent import paths
from posectl.errors import InvalidInputError, UsageError, nearest_name
from posectl.stages.inputs import samples_of
from posectl.stages.model import HINT, load_model
from posectl.stages.options import InterpolateOptions
from posectl.stages.prepare import DIMS
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft

# Codes this close to a straight angle have no shortest way between them, in float32.
_ANTIPODAL = 1e-3


def interpolate(
    run: Run, a: str, b: str, model: str | None = None, options: InterpolateOptions = InterpolateOptions()
) -> Result:
    """Decode `steps` codes from a's to b's, both included, and publish them as paths (B, T, ...).

    a and b are .npy files of one sample or of B, or samples of a dataset such as "poses#12". alpha = 0 is a. Raises
    InvalidInputError for endpoints that coincide or, on the sphere, are antipodal.
    """
    paths.alphas(options.steps)  # a wrong number of steps is told before anything is read
    if options.path is not None and options.path not in paths.PATHS:
        raise UsageError(f"There is no path {options.path!r}.", nearest_name(options.path, paths.PATHS))
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=options.weights)
    way = options.path or autoencoder.prior.path
    ends, records = zip(*(samples_of(run, source, autoencoder.shape) for source in (a, b)), strict=True)
    start, stop = _paired(*ends)
    codes = _codes(autoencoder, start, stop, way)
    config = run.config(dataclasses.replace(options, path=way))

    def fill(draft: Draft) -> dict[str, Any]:
        decoded = decode_paths(autoencoder, *codes, options.steps, way)
        kind = artifact.about.get("samples", {}).get("kind", "poses")
        draft.put("paths", decoded.cpu().numpy(), ("path", "step", *DIMS[kind]))
        draft.put("alpha", paths.alphas(options.steps).numpy(), ("step",))
        draft.put("ends", np.stack([start, stop], axis=1), ("path", "end", *DIMS[kind]))
        draft.record(about={"samples": artifact.about.get("samples", {})})
        return {"paths": len(decoded), "steps": options.steps, "along": way}

    return produce(
        run, "paths", f"{artifact.name}-paths", config, fill, parents=[("model", artifact)], inputs=list(records),
        device=str(autoencoder.device),
    )  # fmt: skip


def decode_paths(model: Autoencoder, a: torch.Tensor, b: torch.Tensor, steps: int, path: str) -> torch.Tensor:
    """Decoded paths (B, steps, *shape) between codes (B, d)."""
    codes = paths.between(a, b, steps, path)
    return model.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])


def _paired(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(start) != len(stop) and 1 not in (len(start), len(stop)):
        raise InvalidInputError(
            f"A holds {len(start)} samples and B {len(stop)}, so they do not pair.",
            "Give as many of each, or one of either.",
        )
    count = max(len(start), len(stop))
    start, stop = (np.broadcast_to(end, (count, *end.shape[1:])).copy() for end in (start, stop))
    same = (start == stop).reshape(count, -1).all(axis=1)
    if same.any():
        raise InvalidInputError(
            f"Pair {int(same.argmax())} has the same sample at both ends.", "Choose two that differ."
        )
    return start, stop


def _codes(model: Autoencoder, start: np.ndarray, stop: np.ndarray, path: str) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = (model.encode(torch.from_numpy(end).to(model.device)) for end in (start, stop))
    apart = paths.angle(a, b)[:, 0]
    if path in ("slerp", "lerp-sphere") and bool((apart > torch.pi - _ANTIPODAL).any()):
        raise InvalidInputError(
            f"The codes of pair {int(apart.argmax())} are antipodal, and no way between them is the shortest.",
            "Choose another pair, or --path circle.",
        )
    return a, b
