"""The evaluation protocol of poses: the pose report's corrected, and as published (compat "naayem")."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.core.training.augment import for_poses
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.protocol import Evaluation, Protocol, Reference, protocol
from posectl.stages.run import Run

# Metres: datasets have the pelvis at the origin, and distances to them mean little for poses that have not.
_PELVIS_OFF = 0.01


@protocol("poses")
class PoseProtocol(Protocol):
    """By default paths go between test poses: all pairs of some, and random pairs for Mean Distance. As published they
    go between random pairs of augmented training poses, the first half of a draw with its second (a2, d3), and
    distances are measured to test poses alone."""

    compat = ("naayem",)
    reconstruction = ("truth", "reconstruction")

    def model(self, of: Evaluation, model: Autoencoder, path: str, dataset: StoredDataset | None) -> None:
        super().model(of, model, path, dataset)
        of.inputs.provide(parents=lambda: H36M17.parents)

    def array(self, of: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        if array.ndim not in (3, 4):
            raise InvalidInputError(
                f"{of.label} has shape {array.shape}.", "Paths are (B, T, 17, 3), samples (N, 17, 3)."
            )
        if of.files:
            _note_pelvis(of.run, of.label, array)
        if array.shape[-2:] == (len(H36M17.parents), 3):
            of.inputs.provide(parents=lambda: H36M17.parents)
        super().array(of, array, behind)

    def read_reference(self, of: Evaluation, against: str) -> Reference:
        reference = super().read_reference(of, against)
        if reference.record is not None:
            _note_pelvis(of.run, against, reference.test)
        return reference

    def pool(self, of: Evaluation, reference: Reference) -> tuple[np.ndarray, str]:
        if not _published(of):
            return super().pool(of, reference)
        split = "train" if len(reference.train) else "test"
        return getattr(reference, split), f"random pairs of augmented {split} poses"

    def endpoint_pairs(self, of: Evaluation, reference: Reference, count: int) -> tuple[np.ndarray, np.ndarray]:
        if _published(of):
            return self._augmented_pairs(of, reference, count * (count - 1) // 2, "paths")
        return super().endpoint_pairs(of, reference, count)

    def random_pairs(self, of: Evaluation, reference: Reference) -> tuple[np.ndarray, np.ndarray]:
        if _published(of):
            return self._augmented_pairs(of, reference, of.options.random_pairs, "walks")
        return super().random_pairs(of, reference)

    def searched(self, of: Evaluation, reference: Reference) -> np.ndarray:
        return reference.test if _published(of) and len(reference.test) else reference.all

    def splits(self, of: Evaluation) -> tuple[str, str]:
        return ("test", "augmented train") if _published(of) else super().splits(of)

    def targets(self, of: Evaluation, reference: Reference) -> Tensor:
        if not (_published(of) and len(reference.train)):
            return super().targets(of, reference)
        augment = for_poses(reference.up, H36M17.mirror)
        poses = _augmented(reference.train, of.options.recall_targets, augment, of.run.seed, "targets")
        return of.tensor(poses)

    def _augmented_pairs(
        self, of: Evaluation, reference: Reference, count: int, purpose: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw `count` pairs of poses of the pool, augmented as the scored model's were in training."""
        model = next(artifact for role, artifact in of.parents if role == "model")
        settings = {key: entry["value"] for key, entry in model.config.items()}
        augment = for_poses(
            reference.up,
            H36M17.mirror if settings.get("flip", True) else (),
            rotate=settings.get("rotate", "up"),
            degrees=settings.get("degrees", 30.0),
        )
        drawn = _augmented(self.pool(of, reference)[0], 2 * count, augment, of.run.seed, purpose)
        return drawn[:count], drawn[count:]


def _published(of: Evaluation) -> bool:
    return of.options.compat == "naayem"


def _note_pelvis(run: Run, source: str, poses: np.ndarray) -> None:
    """Say where the pelvis is off the origin: scores are of the numbers as they are, which may not be what is meant."""
    off = float(np.abs(poses[..., 0, :]).max())
    if off > _PELVIS_OFF:
        run.tell(f"The pelvis of {source} is up to {off:.3g} m off the origin; the poses are scored as they are.")


def _augmented(pool: np.ndarray, count: int, augment: Any, seed: int, purpose: str) -> np.ndarray:
    """Draw `count` poses of the pool, with replacement, each augmented as in training."""
    g = generator(seed, f"evaluate/augmented/{purpose}")
    rows = torch.randint(len(pool), (count,), generator=g).numpy()
    return augment(torch.from_numpy(pool[rows]), g).numpy()
