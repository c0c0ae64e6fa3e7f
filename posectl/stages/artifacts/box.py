"""The model in the box: a prior of poses that comes with posectl, for stores that have no model of poses."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.errors import InvalidInputError, NotFoundError
from posectl.stages.artifacts.dataset import dataset_of, kind_named
from posectl.stages.artifacts.model import HINT, model_about
from posectl.stages.run import Run
from posectl.store import Artifact, Ref
from posectl.store.box import boxed

NAME, CODES, COVARIANCE = "box", "codes", "residual_covariance"


def pose_model(run: Run, ref: str | None = None) -> Artifact:
    """Return the model of poses that a ref names, or the newest in the store or, where it has none, the one in the box.

    Raises NotFoundError where there is none such, InvalidInputError for a model of other samples.
    """
    if ref is not None:
        artifact = run.artifacts.get(ref, "model")
        if not _is_of_poses(artifact):
            raise InvalidInputError(
                f"{artifact.ref} is a model of {model_about(artifact).samples.kind}, and one of poses is wanted.",
                f"The one that comes with posectl is called {NAME}.",
            )
        return artifact
    newest = next((each for each in reversed(run.artifacts.artifacts("model")) if _is_of_poses(each)), None)
    if newest is not None:
        newest.check_sizes()
        return newest
    own = boxed(Ref(name=NAME))
    if own is None:
        raise NotFoundError(f"There is no model of poses in {run.store}.", HINT)
    run.tell(f"There is no model of poses in {run.store}: {own.ref}, which comes with posectl, is taken.")
    return own


def training_codes(run: Run, artifact: Artifact, model: Autoencoder) -> np.ndarray:
    """Return a model's codes (N, d) float32 of the samples that it was trained on: its own of the box, else encoded.

    Raises NotFoundError where the dataset is gone.
    """
    if artifact.has(CODES):
        held = torch.from_numpy(artifact.read(CODES).astype(np.float32))
        return model.prior.project(held).numpy()  # held in 16 bits, they are on a sphere by as much
    return model.encode(torch.from_numpy(dataset_of(run, artifact).train)).cpu().numpy()


def _is_of_poses(artifact: Artifact) -> bool:
    return kind_named(model_about(artifact).samples.kind).name == "poses"
