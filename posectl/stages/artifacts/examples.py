"""Training poses of a model, as what is fitted starts from them."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting.bones import lengths
from posectl.core.fitting.neighbours import Examples
from posectl.core.fitting.stacking import parted
from posectl.core.random import generator
from posectl.data.dataset import TRAIN
from posectl.data.skeleton import H36M17
from posectl.stages.artifacts.box import CODES, COVARIANCE, training_codes
from posectl.stages.artifacts.dataset import dataset_of
from posectl.stages.artifacts.model import model_about
from posectl.stages.artifacts.rows import evenly
from posectl.stages.run import Run
from posectl.store import Artifact

MOST = 32_768
"""Training poses at most, spread evenly over them: more made no better fits."""
_JITTER = 1e-8  # m²


def examples_of(run: Run, artifact: Artifact, model: Autoencoder) -> Examples:
    """Return training poses of a model with their codes; of one that holds codes alone, poses like them.

    Raises NotFoundError where its dataset is gone.
    """
    if artifact.has(CODES):
        held = training_codes(run, artifact, model)
        codes = torch.from_numpy(held[evenly(len(held), MOST)]).to(model.device)
        up = axis_vector(model_about(artifact).samples.up or "+z")
        return alike(model, codes, torch.from_numpy(artifact.read(COVARIANCE)), up)
    dataset = dataset_of(run, artifact)
    train = torch.from_numpy(np.ascontiguousarray(dataset.train)).to(model.device)
    return spread(model, train, dataset.up, dataset.artifact)


def spread(model: Autoencoder, train: torch.Tensor, up: str, dataset: Artifact | None) -> Examples:
    """Return training poses (M, J, 3) of a dataset in the store, MOST of them, with their codes."""
    some = torch.from_numpy(evenly(len(train), MOST))
    parts = None if dataset is None else parts_of(dataset)
    poses = train[some.to(train.device)]
    of = None if parts is None else parts[some].to(train.device)
    codes = model.encode(poses)
    return Examples(poses, codes, poses - model.decode(codes), H36M17.bones, axis_vector(up), of)


def alike(
    model: Autoencoder, codes: torch.Tensor, covariance: torch.Tensor, up: tuple[float, float, float]
) -> Examples:
    """Return poses like those that codes (M, d) are of: decoded, and what the codes left of them drawn.

    covariance (3J, 3J): of what codes leave of training poses. Among poses that are decoded and no more, regressions
    learn to trust what no pose of anybody heeds. Bones keep their decoded lengths.
    """
    decoded = model.decode(codes)
    factor = torch.linalg.cholesky(covariance.double() + _JITTER * torch.eye(len(covariance)))
    drawn = torch.randn(len(codes), len(factor), dtype=factor.dtype, generator=generator(0, "fit/residuals"))
    poses = decoded + (drawn @ factor.mT).to(decoded).view_as(decoded)
    poses = poses - poses[:, :1]
    usual = lengths(decoded, torch.tensor(H36M17.bones, device=decoded.device))
    return Examples(poses, codes, poses - decoded, H36M17.bones, up, usual=usual)


def parts_of(dataset: Artifact) -> torch.Tensor | None:
    """Return the parts (M,) int64 of training samples, by subject; None of a dataset that tells of none."""
    if not dataset.has("clips/subject"):
        return None
    rows = np.flatnonzero(dataset.read("split") == TRAIN)
    clips = np.searchsorted(dataset.read("clips/start"), rows, side="right") - 1
    return torch.from_numpy(parted(dataset.read("clips/subject")[clips]))


def axis_vector(axis: str) -> tuple[float, float, float]:
    """Return "+z" as (0, 0, 1).

    >>> from posectl.stages.artifacts.examples import axis_vector
    >>> axis_vector("-y")
    (0.0, -1.0, 0.0)
    """
    x, y, z = (float(name == axis[1]) * (-1 if axis[0] == "-" else 1) or 0.0 for name in "xyz")
    return x, y, z
