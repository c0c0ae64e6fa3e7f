"""Training poses of a model, as what is fitted starts from them."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting.neighbours import Examples
from posectl.data.skeleton import H36M17
from posectl.stages.artifacts.dataset import dataset_of
from posectl.stages.artifacts.model import model_about
from posectl.stages.artifacts.rows import evenly
from posectl.stages.run import Run
from posectl.store import Artifact

MOST = 32_768
"""Training poses at most, spread evenly over them: more made no better fits."""


def examples_of(run: Run, artifact: Artifact, model: Autoencoder) -> Examples:
    """Return training poses of a model with their codes. Raises NotFoundError where its dataset is gone."""
    train = dataset_of(run, artifact).train
    poses = torch.from_numpy(np.ascontiguousarray(train[evenly(len(train), MOST)])).to(model.device)
    return Examples(poses, model.encode(poses), H36M17.bones, axis_vector(model_about(artifact).samples.up or "+z"))


def axis_vector(axis: str) -> tuple[float, float, float]:
    """Return "+z" as (0, 0, 1).

    >>> from posectl.stages.artifacts.examples import axis_vector
    >>> axis_vector("-y")
    (0.0, -1.0, 0.0)
    """
    x, y, z = (float(name == axis[1]) * (-1 if axis[0] == "-" else 1) or 0.0 for name in "xyz")
    return x, y, z
