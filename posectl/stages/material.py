"""What an evaluation computes its metrics from, by the names that metrics use (see posectl.core.metrics).

Everything is made when a metric first asks for it, and is a function of the subject, the protocol and the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core import device as devices
from posectl.core.random import generator
from posectl.core.training.augment import for_poses
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, NotFoundError, UsageError
from posectl.stages.dataset import StoredDataset, dataset_of
from posectl.stages.inputs import file_record, is_file, read_file
from posectl.stages.interpolate import decode_paths
from posectl.stages.model import HINT, load_model
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Parents, Run, expect, parent_of
from posectl.stages.sample import draw
from posectl.store import Artifact

# Metres: datasets have the pelvis at the origin, and distances to them mean little for poses that have not.
_PELVIS_OFF = 0.01


@dataclass
class Material:
    """Tensors by name, each made once; and what the record says of them."""

    label: str
    name: str
    device: torch.device
    makers: dict[str, Callable[[], Any]] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=dict)
    parents: Parents = ()
    inputs: list[Any] | None = None
    _made: dict[str, Any] = field(default_factory=dict)

    def has(self, key: str) -> bool:
        return key in self.makers

    def get(self, key: str) -> Any:
        if key not in self._made:
            self._made[key] = self.makers[key]()
        return self._made[key]


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


def gather(run: Run, subject: str | None, against: str | None, options: EvaluateOptions) -> Material:
    """The material of a subject: a ref, a file, or the newest model."""
    _check_counts(options)
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)
    if subject is not None and is_file(subject):
        material = _of_file(run, subject, device)
        reference = _reference(run, against) if against else None
    else:
        artifact = run.artifacts.get(subject) if subject else run.subject(None, "model", HINT)
        expect(artifact, "model", "paths", "samples")
        model = artifact if artifact.kind == "model" else parent_of(run, artifact, "model")
        reference = _reference(run, against) if against else _trained_on(run, model)
        if artifact.kind == "model":
            if reference is None:
                raise InvalidInputError(f"The dataset of {artifact.ref} is gone.", "Name one with --against.")
            material = _of_model(run, artifact, reference, device, options)
        else:
            material = _of_artifact(artifact, device)
        material.parents = [(artifact.kind, artifact)]
    material.makers["compat"] = lambda: options.compat
    material.makers["k"] = lambda: options.k
    material.protocol |= {"subject": material.label, "compat": options.compat, "seed": run.seed, "unit": "m"}
    if reference is not None:
        _add_reference(material, reference, options, run.seed)
    return material


def _check_counts(options: EvaluateOptions) -> None:
    for key, least in (("endpoints", 2), ("steps", 2), ("walks", 1), ("walk_steps", 2), ("samples", 1), ("crowd", 1),
                       ("targets", 1), ("k", 1)):  # fmt: skip
        value = getattr(options, key)
        if value < least:
            raise UsageError(
                f"{key} must be at least {least}, not {value}.", f"--{key.replace('_', '-')} {least} or more."
            )


def _of_file(run: Run, source: str, device: torch.device) -> Material:
    array = read_file(source, points=True)
    _note_pelvis(run, source, array)
    if array.ndim not in (3, 4):
        raise InvalidInputError(f"{source} has shape {array.shape}.", "Paths are (B, T, 17, 3), samples (N, 17, 3).")
    material = Material(source, _file_name(source), device, inputs=[file_record(source, array)])
    _as_it_is(material, torch.from_numpy(array).to(device))
    return material


def _note_pelvis(run: Run, source: str, poses: np.ndarray) -> None:
    """Scores are of the numbers as they are; say so where they may not be what is meant."""
    off = float(np.abs(poses[..., 0, :]).max())
    if off > _PELVIS_OFF:
        run.tell(f"The pelvis of {source} is up to {off:.3g} m off the origin; the poses are scored as they are.")


def _file_name(source: str) -> str:
    stem = "".join(
        c if c.isalnum() or c in "._-" else "-" for c in source.rsplit("/", 1)[-1].rpartition(".")[0].lower()
    )
    return stem.strip("-._")[:48] or "stdin"


def _of_artifact(artifact: Artifact, device: torch.device) -> Material:
    material = Material(artifact.ref, artifact.name, device)
    _as_it_is(material, torch.from_numpy(artifact.read(artifact.kind)).to(device))
    return material


def _as_it_is(material: Material, array: Tensor) -> None:
    """Paths serve all that asks for paths, samples all that asks for draws."""
    names = ("paths", "walks") if array.dim() == 4 else ("samples", "crowd")
    material.makers |= {name: lambda: array for name in names}
    if array.shape[-2:] == (len(H36M17.parents), 3):
        material.makers["parents"] = lambda: H36M17.parents
    shape = dict(zip(("paths", "steps") if array.dim() == 4 else ("samples",), array.shape, strict=False))
    material.protocol |= shape


def _of_model(
    run: Run, artifact: Artifact, reference: Reference, device: torch.device, options: EvaluateOptions
) -> Material:
    model = load_model(run, artifact, weights=options.weights)
    if model.shape != reference.test.shape[1:]:
        raise InvalidInputError(
            f"{artifact.ref} takes samples of shape {model.shape}; {reference.label} has {reference.test.shape[1:]}.",
            "Name a reference of the model's shape with --against.",
        )
    path = options.path or model.prior.path
    endpoints = _Endpoints(reference, artifact, options, run.seed)
    material = Material(artifact.ref, artifact.name, device)

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
        "truth": lambda: torch.from_numpy(np.ascontiguousarray(truth)).to(device),
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
    return material


class _Endpoints:
    """The real poses that a model interpolates between.

    By default test poses: all pairs of `options.endpoints` of them, and random pairs for Mean Distance. As published:
    random pairs of augmented training poses, the first half of a draw with its second (a2, d3).
    """

    def __init__(self, reference: Reference, artifact: Artifact, options: EvaluateOptions, seed: int) -> None:
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
        g = generator(self.seed, "evaluate/walks")
        first = torch.randint(len(self.pool), (self.walks,), generator=g)
        # A shift by 1 to n - 1 makes every other pose as likely and never the same one.
        shift = torch.randint(1, len(self.pool), (self.walks,), generator=g)
        return self.pool[first.numpy()], self.pool[((first + shift) % len(self.pool)).numpy()]

    def _published(self, purpose: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = augmented(self.pool, 2 * count, self.augment, self.seed, purpose)
        return drawn[:count], drawn[count:]


def augmented(pool: np.ndarray, count: int, augment: Any, seed: int, purpose: str) -> np.ndarray:
    """`count` poses of the pool, with replacement, each augmented as in training."""
    g = generator(seed, f"evaluate/augmented/{purpose}")
    rows = torch.randint(len(pool), (count,), generator=g).numpy()
    return augment(torch.from_numpy(pool[rows]), g).numpy()


def _add_reference(material: Material, reference: Reference, options: EvaluateOptions, seed: int) -> None:
    """The real side: where distances are measured to, and whose recall is asked."""
    published = options.compat == "naayem"
    searched = reference.test if published and len(reference.test) else reference.all

    def chosen(purpose: str, count: int) -> Tensor:
        if published and len(reference.train):
            poses = augmented(reference.train, count, for_poses(reference.up, H36M17.mirror), seed, purpose)
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


def _reference(run: Run, against: str) -> Reference:
    if is_file(against):
        array = read_file(against, points=True).astype(np.float32, copy=False)
        poses = array.reshape(-1, len(H36M17.joints), 3)
        _note_pelvis(run, against, poses)
        return Reference(poses[:0], poses, "+z", against, record=file_record(against, poses))
    return _stored(StoredDataset(run.artifacts.get(against)))


def _stored(dataset: StoredDataset) -> Reference:
    return Reference(dataset.train, dataset.test, dataset.up, dataset.artifact.ref, parent=dataset.artifact)


def _trained_on(run: Run, model: Artifact | None) -> Reference | None:
    if model is None:
        return None
    try:
        return _stored(dataset_of(run, model))
    except NotFoundError as error:
        run.tell(f"{error.message} Metrics that need real poses are left out.")
        return None
