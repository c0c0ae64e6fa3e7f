"""decode: the samples of codes by a model."""

from __future__ import annotations

import numpy as np
import torch

from posectl.data.safe.npy import load_array, source_name
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.model import HINT, load_model
from posectl.stages.run import Run
from posectl.store import Artifact


def decode(run: Run, codes: str, model: str | None = None, *, weights: str = "last") -> tuple[Artifact, np.ndarray]:
    """Decode the codes (N, d) or (d) of a file; return the model (the newest if None) and samples (N, *shape) float32.

    Codes are taken as they are: those of a model on the sphere have unit length. Raises InvalidInputError for others
    than the model's.
    """
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=weights)
    array, name = load_array(codes), source_name(codes)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or array.shape[-1] != autoencoder.latent:
        raise InvalidInputError(
            f"{name} holds {array.dtype} of shape {array.shape}, and a code of {artifact.ref} has {autoencoder.latent} "
            "numbers.",
            f"Give (N, {autoencoder.latent}), as `posectl encode` writes them.",
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{name} holds codes that are NaN or infinite.", "Leave those out.")
    flat = np.ascontiguousarray(array.reshape(-1, autoencoder.latent), dtype=np.float32)
    return artifact, autoencoder.decode(torch.from_numpy(flat)).cpu().numpy()
