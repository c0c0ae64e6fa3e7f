"""The evaluation protocol of poses: the pose report's, corrected or as published (compat "naayem")."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.core.training.augment import Augment, for_poses
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import Taken
from posectl.stages.evaluation.protocol import Evaluation, Protocol, Reference, protocol
from posectl.stages.run import parent_of

# Metres: datasets have the pelvis at the origin, and distances to them mean little for other poses.
_PELVIS_OFF = 0.01


@protocol("poses")
class PoseProtocol(Protocol):
    """The protocol of poses. By default paths go between test poses: all pairs of some, and random pairs for Mean
    Distance. As published they go between random pairs of augmented training poses, the first half of a draw with its
    second (a2, d3), and distances are measured to test poses alone."""

    compat = ("naayem",)
    not_reproduced = {
        "naayem": "the re-seeding of recall's draws (every batch of the authors' holds the same ones, so that their "
        "recall distance is higher)"
    }
    reconstruction = ("truth", "reconstruction")

    def model(self, evaluation: Evaluation, model: Autoencoder, path: str, dataset: StoredDataset | None) -> None:
        """Provide the inputs that a model makes, with the skeleton's parents."""
        super().model(evaluation, model, path, dataset)
        evaluation.inputs.provide(parents=lambda: H36M17.parents)

    def array(self, evaluation: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        """Provide paths (B, T, J, 3), or samples (N, J, 3), as they are."""
        if array.ndim not in (3, 4):
            raise InvalidInputError(
                f"{evaluation.label} has shape {array.shape}.", "Paths are (B, T, 17, 3), samples (N, 17, 3)."
            )
        if array.shape[-2:] == (len(H36M17.parents), 3):
            evaluation.inputs.provide(parents=lambda: H36M17.parents)
        super().array(evaluation, array, behind)

    def placed(self, evaluation: Evaluation, taken: Taken, up: str | None, *, real: bool) -> np.ndarray:
        """Return poses from outside as they fit those whose vertical is `up`, and warn of what looks wrong.

        Scores are of the numbers as they are, so that a pelvis off the origin stays there, which may not be intended.
        """
        poses = super().placed(evaluation, taken, up, real=real)
        off = float(np.abs(poses[..., 0, :]).max())
        if off > _PELVIS_OFF:
            evaluation.run.warn(
                f"The pelvis of {taken.source} is up to {off:.3g} m off the origin; the poses are scored as they are."
            )
        return poses

    def read_reference(self, evaluation: Evaluation, against: str) -> Reference:
        """Return the poses of a dataset, or of a file as test poses; warn where they do not stand as the subject's."""
        reference = super().read_reference(evaluation, against)
        if reference.parent is not None and evaluation.up and reference.up != evaluation.up:
            evaluation.run.warn(
                f"In {reference.label} {reference.up} is up, and in {evaluation.label} {evaluation.up}: distances "
                "between them say nothing."
            )
        return reference

    def pool(self, evaluation: Evaluation, reference: Reference) -> tuple[np.ndarray, str]:
        """Return the poses that paths go between: as published, training poses."""
        if not _published(evaluation):
            return super().pool(evaluation, reference)
        split = "train" if len(reference.train) else "test"
        return getattr(reference, split), f"random pairs of augmented {split} poses"

    def endpoint_pairs(self, evaluation: Evaluation, reference: Reference, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last poses of all pairs of `count`; as published, of as many random pairs."""
        if _published(evaluation):
            return self._augmented_pairs(evaluation, reference, count * (count - 1) // 2, "paths")
        return super().endpoint_pairs(evaluation, reference, count)

    def random_pairs(self, evaluation: Evaluation, reference: Reference) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last poses of random pairs."""
        if _published(evaluation):
            return self._augmented_pairs(evaluation, reference, evaluation.options.random_pairs, "walks")
        return super().random_pairs(evaluation, reference)

    def searched(self, evaluation: Evaluation, reference: Reference) -> np.ndarray:
        """Return the poses that distances are measured to: as published, test poses."""
        return reference.test if _published(evaluation) and len(reference.test) else reference.all

    def splits(self, evaluation: Evaluation) -> tuple[str, str]:
        """Name the splits of the searched poses and of recall's targets."""
        return (evaluation.options.split, "augmented train") if _published(evaluation) else super().splits(evaluation)

    def targets(self, evaluation: Evaluation, reference: Reference) -> Tensor:
        """Draw the poses whose recall is asked: as published, augmented training poses."""
        if not (_published(evaluation) and len(reference.train)):
            return super().targets(evaluation, reference)
        count, seed = evaluation.options.recall_targets, evaluation.run.seed
        return evaluation.tensor(_augmented(reference.train, count, _augment(evaluation, reference), seed, "targets"))

    def _augmented_pairs(
        self, evaluation: Evaluation, reference: Reference, count: int, purpose: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw `count` pairs of poses of the pool, augmented."""
        pool, seed = self.pool(evaluation, reference)[0], evaluation.run.seed
        drawn = _augmented(pool, 2 * count, _augment(evaluation, reference), seed, purpose)
        return drawn[:count], drawn[count:]


def _published(evaluation: Evaluation) -> bool:
    return evaluation.options.compat == "naayem"


def _augment(evaluation: Evaluation, reference: Reference) -> Augment:
    """Return the augmentation that the model behind the subject was trained with; without a model, the published one:
    +-30 degrees about the optical axis, and flips."""
    model = next((artifact for role, artifact in evaluation.parents if role != "reference"), None)
    if model is not None and model.kind != "model":
        model = parent_of(evaluation.run, model, "model")
    settings: dict[str, Any] = {"rotate": "view"}
    if model is not None:
        settings = {key: entry["value"] for key, entry in model.config.items()}
    return for_poses(
        reference.up,
        H36M17.mirror if settings.get("flip", True) else (),
        rotate=settings.get("rotate", "up"),
        degrees=settings.get("degrees", 30.0),
    )


def _augmented(pool: np.ndarray, count: int, augment: Augment, seed: int, purpose: str) -> np.ndarray:
    """Draw `count` poses of the pool, with replacement, each augmented as in training."""
    g = generator(seed, f"evaluate/augmented/{purpose}")
    rows = torch.randint(len(pool), (count,), generator=g).numpy()
    return augment(torch.from_numpy(pool[rows]), g).numpy()
