"""What a model makes of real samples: each beside its reconstruction."""

from __future__ import annotations

import numpy as np
import torch

from posectl.stages.artifacts.dataset import dataset_of
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.rows import evenly
from posectl.stages.run import Run
from posectl.store import Artifact


def beside_reconstructions(run: Run, model: Artifact, most: int) -> np.ndarray:
    """Return up to `most` samples (N, *shape), N even: test samples of the model's dataset, spread evenly over it, each
    followed by its reconstruction (GAIA, Fig. 5). Raises NotFoundError where the dataset is gone."""
    dataset = dataset_of(run, model)
    real = dataset.test if len(dataset.test) else dataset.train
    chosen = real[evenly(len(real), max(1, most // 2))]
    made = load_model(run, model).reconstruct(torch.from_numpy(chosen)).cpu().numpy()
    return np.stack([chosen, made], 1).reshape(-1, *chosen.shape[1:])
