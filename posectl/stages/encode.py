"""encode: the codes of samples by a model."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from posectl.data.foreign import Conventions
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import is_file, samples_of
from posectl.stages.artifacts.model import HINT, load_model, model_about
from posectl.stages.run import Run
from posectl.store import Artifact, Ref

Split = Literal["train", "validation", "test", "all"]


def encode(
    run: Run,
    samples: str,
    model: str | None = None,
    *,
    weights: str = "last",
    split: Split = "all",
    said: Conventions = Conventions(),
) -> tuple[Artifact, np.ndarray]:
    """Encode the samples of a file, of a dataset or one of its splits, one sample `ref#i` or clip `ref#clipi`; return
    the model (the newest if None) and codes (N, d) float32.

    said: the conventions of poses in a file. Raises InvalidInputError for samples of another shape than the model's.
    """
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=weights)
    ref = None if is_file(samples) else Ref.parse(samples)
    if ref is None or ref.sample is not None:
        up = model_about(artifact).samples.up or None
        array, _ = samples_of(run, samples, autoencoder.kind, autoencoder.shape, said, up)
    else:
        dataset = StoredDataset(run.artifacts.get(ref, "dataset"))
        if ref.clip is not None:
            array = dataset.clip(ref.clip)[0]
        else:
            array = dataset.samples if split == "all" else getattr(dataset, split)
        if not len(array):
            raise InvalidInputError(f"{dataset.artifact.ref} has no {split} samples.", "--split all takes all of them.")
    return artifact, autoencoder.encode(torch.from_numpy(np.ascontiguousarray(array))).cpu().numpy()
