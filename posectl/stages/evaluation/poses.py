"""What metrics of poses are computed from: paths and samples of a model, or as they are; and the real poses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core.random import generator
from posectl.core.training.augment import for_poses
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import file_record, is_file, read_file
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluation.material import Material, Settled
from posectl.stages.evaluation.pairs import random_pairs
from posectl.stages.interpolate import decode_paths, fitting_path
from posectl.stages.run import Run
from posectl.stages.sample import draw
from posectl.store import Artifact

# Metres: datasets have the pelvis at the origin, and distances to them mean little for poses that have not.
_PELVIS_OFF = 0.01


@dataclass(frozen=True)
class Reference:
    """Real poses: train and test (either may be empty), and where they came from."""

    train: np.ndarray
    test: np.ndarray
    up: str
    label: str
    parent: Artifact | None = None
    record: dict[str, Any] | None = None

    @property
    def all(self) -> np.ndarray:
        return np.concatenate([self.train, self.test])


def read_reference(run: Run, against: str) -> Reference:
    """The poses of a file or of a dataset."""
    if not is_file(against):
        return stored_reference(StoredDataset(run.artifacts.get(against)))
    array = read_file(against, points=True).astype(np.float32, copy=False)
    poses = array.reshape(-1, len(H36M17.joints), 3)
    note_pelvis(run, against, poses)
    return Reference(poses[:0], poses, "+z", against, record=file_record(against, poses))


def stored_reference(dataset: StoredDataset) -> Reference:
    if not dataset.is_poses:
        raise InvalidInputError(f"{dataset.artifact.ref} holds {dataset.kind}, not poses.", "Name another reference.")
    return Reference(dataset.train, dataset.test, dataset.up, dataset.artifact.ref, parent=dataset.artifact)


def note_pelvis(run: Run, source: str, poses: np.ndarray) -> None:
    """Scores are of the numbers as they are; say so where they may not be what is meant."""
    off = float(np.abs(poses[..., 0, :]).max())
    if off > _PELVIS_OFF:
        run.tell(f"The pelvis of {source} is up to {off:.3g} m off the origin; the poses are scored as they are.")


def take_as_it_is(material: Material, array: Tensor) -> None:
    """Paths (B, T, J, 3) serve all that asks for paths, samples (N, J, 3) all that asks for draws."""
    names = ("paths", "walks") if array.dim() == 4 else ("samples", "crowd")
    material.makers |= {name: lambda: array for name in names}
    if array.shape[-2:] == (len(H36M17.parents), 3):
        material.makers["parents"] = lambda: H36M17.parents
    shape = dict(zip(("paths", "steps") if array.dim() == 4 else ("samples",), array.shape, strict=False))
    material.protocol |= shape


def take_model(run: Run, material: Material, artifact: Artifact, reference: Reference) -> None:
    """What a model makes of the protocol."""
    options = material.options
    model = load_model(run, artifact, weights=options.weights, sample_posterior=options.sample_posterior)
    if model.shape != reference.test.shape[1:]:
        raise InvalidInputError(
            f"{artifact.ref} takes samples of shape {model.shape}; {reference.label} has {reference.test.shape[1:]}.",
            "Name a reference of the model's shape with --against.",
        )
    path = fitting_path(artifact, model, options.path)
    endpoints = _Endpoints(reference, artifact, options, run.seed)

    def along(pairs: tuple[np.ndarray, np.ndarray], steps: int) -> Tensor:
        a, b = (model.encode(torch.from_numpy(np.ascontiguousarray(end))) for end in pairs)
        return decode_paths(model, a, b, steps, path)

    def drawn(purpose: str, count: int) -> Tensor:
        return model.decode(draw(model, count, run.seed, f"evaluate/{purpose}"))

    truth = reference.test if len(reference.test) else reference.train
    material.makers |= {
        "paths": lambda: along(endpoints.all_pairs(), options.steps),
        "walks": lambda: along(endpoints.random_pairs(), options.walk_steps),
        "samples": lambda: drawn("samples", options.samples),
        "crowd": lambda: drawn("crowd", options.crowd),
        "truth": lambda: torch.from_numpy(np.ascontiguousarray(truth)).to(material.device),
        "reconstruction": lambda: model.reconstruct(torch.from_numpy(np.ascontiguousarray(truth))),
        "parents": lambda: H36M17.parents,
    }
    material.protocol |= {
        "weights": options.weights,
        "path": path,
        "prior": model.prior.name,
        "paths": endpoints.path_count,
        "steps": options.steps,
        "walks": options.walks,
        "walk_steps": options.walk_steps,
        "samples": options.samples,
        "crowd": options.crowd,
        "endpoints": endpoints.describe,
    }


class _Endpoints:
    """The real poses that a model interpolates between.

    By default test poses: all pairs of `options.endpoints` of them, and random pairs for Mean Distance. As published:
    random pairs of augmented training poses, the first half of a draw with its second (a2, d3).
    """

    def __init__(self, reference: Reference, artifact: Artifact, options: Settled, seed: int) -> None:
        self.published = options.compat == "naayem"
        self.pool = reference.train if self.published and len(reference.train) else reference.test
        if not len(self.pool):
            self.pool = reference.train
        if len(self.pool) < 2:
            raise InvalidInputError(f"{reference.label} has fewer than two poses to go between.", "Give more poses.")
        self.count = min(options.endpoints, len(self.pool))
        self.walks, self.seed = options.walks, seed
        settings = {key: entry["value"] for key, entry in artifact.config.items()}
        self.augment = for_poses(
            reference.up,
            H36M17.mirror if settings.get("flip", True) else (),
            rotate=settings.get("rotate", "up"),
            degrees=settings.get("degrees", 30.0),
        )

    @property
    def path_count(self) -> int:
        return self.count * (self.count - 1) // 2

    @property
    def describe(self) -> str:
        return "random pairs of augmented train poses" if self.published else f"all pairs of {self.count} test poses"

    def all_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        if self.published:
            return self._published("paths", self.path_count)
        chosen = torch.randperm(len(self.pool), generator=generator(self.seed, "evaluate/endpoints"))[: self.count]
        first, second = np.triu_indices(self.count, 1)
        return self.pool[chosen.numpy()[first]], self.pool[chosen.numpy()[second]]

    def random_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        if self.published:
            return self._published("walks", self.walks)
        first, last = random_pairs(len(self.pool), self.walks, self.seed)
        return self.pool[first], self.pool[last]

    def _published(self, purpose: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = _augmented(self.pool, 2 * count, self.augment, self.seed, purpose)
        return drawn[:count], drawn[count:]


def _augmented(pool: np.ndarray, count: int, augment: Any, seed: int, purpose: str) -> np.ndarray:
    """`count` poses of the pool, with replacement, each augmented as in training."""
    g = generator(seed, f"evaluate/augmented/{purpose}")
    rows = torch.randint(len(pool), (count,), generator=g).numpy()
    return augment(torch.from_numpy(pool[rows]), g).numpy()


def take_reference(material: Material, reference: Reference, seed: int) -> None:
    """The real side: where distances are measured to, and whose recall is asked."""
    options = material.options
    published = options.compat == "naayem"
    searched = reference.test if published and len(reference.test) else reference.all

    def chosen(purpose: str, count: int) -> Tensor:
        if published and len(reference.train):
            poses = _augmented(reference.train, count, for_poses(reference.up, H36M17.mirror), seed, purpose)
        else:
            order = torch.randperm(len(reference.all), generator=generator(seed, f"evaluate/{purpose}"))
            poses = reference.all[order[:count].numpy()]
        return torch.from_numpy(np.ascontiguousarray(poses)).to(material.device)

    material.makers |= {
        "reference": lambda: torch.from_numpy(np.ascontiguousarray(searched)).to(material.device),
        "targets": partial(chosen, "targets", options.targets),
    }
    material.protocol |= {
        "reference": reference.label,
        "reference_poses": len(searched),
        "reference_split": "test" if published else "train and test",
        "targets": min(options.targets, len(reference.all)),
        "targets_from": "augmented train" if published else "train and test",
    }
    if reference.parent is not None:
        material.parents = [*material.parents, ("reference", reference.parent)]
    if reference.record is not None:
        material.inputs = [*(material.inputs or []), reference.record]
