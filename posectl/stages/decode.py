"""decode: the samples of codes by a model."""

from __future__ import annotations

import numpy as np
import torch

from posectl.stages.artifacts.files import load_codes
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
    array = load_codes(codes, artifact, autoencoder, (autoencoder.latent,))
    flat = array.reshape(-1, autoencoder.latent)
    return artifact, autoencoder.decode(torch.from_numpy(flat)).cpu().numpy()
