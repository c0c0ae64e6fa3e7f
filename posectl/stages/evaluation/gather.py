"""Which material a subject gives: a model, paths, samples, a file from any other system, or a baseline."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core import device as devices
from posectl.errors import InvalidInputError, NotFoundError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.files import BASELINE, file_record, is_baseline, is_file, read_paths
from posectl.stages.artifacts.model import HINT, load_model
from posectl.stages.evaluation import baselines
from posectl.stages.evaluation import images as image_material
from posectl.stages.evaluation import poses as pose_material
from posectl.stages.evaluation.factors import World
from posectl.stages.evaluation.material import Material, settled
from posectl.stages.interpolate import fitting_path
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run, expect, parent_of
from posectl.store import Artifact


def gather(run: Run, subject: str | None, against: str | None, options: EvaluateOptions) -> Material:
    """The material of a subject: a ref, a file, `baseline:NAME`, or the newest model."""
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)
    if subject is not None and is_baseline(subject):
        material = _of_baseline(run, subject, against, device, options)
    elif subject is not None and is_file(subject):
        material = _of_file(run, subject, against, device, options)
    else:
        artifact = run.artifacts.get(subject) if subject else run.subject(None, "model", HINT)
        material = _of_artifact(run, expect(artifact, "model", "paths", "samples"), against, device, options)
    settings = material.options
    material.makers |= {
        "compat": lambda: settings.compat,
        "k": lambda: settings.k,
        "inits": lambda: settings.inits,
        "seed": lambda: run.seed,
    }
    material.protocol |= {
        "subject": material.label,
        "compat": settings.compat,
        "seed": run.seed,
        "unit": "m" if material.kind == "poses" else "1",
    }
    return material


def _of_baseline(
    run: Run, subject: str, against: str | None, device: torch.device, options: EvaluateOptions
) -> Material:
    if against is None:
        raise UsageError(f"{subject} needs images to go between.", "Name a dataset of images with --against.")
    dataset, name = _images(run, against), subject.removeprefix(BASELINE)
    way = baselines.baseline(name, lambda: World(dataset, device, options.retrieval))
    label = f"{name}-{dataset.artifact.name}"[:56]
    material = Material(subject, label, "images", device, settled(options, "images"))
    image_material.take_way(material, dataset, way, run.seed)
    return material


def _images(run: Run, against: str) -> StoredDataset:
    if is_file(against):
        raise UsageError("Images are held against a dataset, not a file.", "`posectl prepare images` makes one.")
    dataset = StoredDataset(run.artifacts.get(against))
    if dataset.kind != "images":
        raise InvalidInputError(f"{dataset.artifact.ref} holds {dataset.kind}, not images.", "Name another dataset.")
    return dataset


def _of_file(run: Run, source: str, against: str | None, device: torch.device, options: EvaluateOptions) -> Material:
    kind, array = read_paths(source)
    material = Material(source, _file_name(source), kind, device, settled(options, kind))
    material.inputs = [file_record(source, array)]
    if kind == "poses":
        pose_material.note_pelvis(run, source, array)
        if array.ndim not in (3, 4):
            raise InvalidInputError(
                f"{source} has shape {array.shape}.", "Paths are (B, T, 17, 3), samples (N, 17, 3)."
            )
        _take_poses(run, material, array, None, against)
    else:
        if array.min() >= 0:
            run.tell(f"No value of {source} is below 0: images are in [-1, 1], and scores of others do not compare.")
        _take_images(run, material, array, None, against)
    return material


def _of_artifact(
    run: Run, artifact: Artifact, against: str | None, device: torch.device, options: EvaluateOptions
) -> Material:
    kind = artifact.about.get("samples", {}).get("kind", "poses")
    if kind not in ("poses", "images"):
        raise InvalidInputError(f"{artifact.ref} is about {kind}, and only poses and images are scored.")
    material = Material(artifact.ref, artifact.name, kind, device, settled(options, kind))
    material.parents = [(artifact.kind, artifact)]
    if artifact.kind != "model":
        take = _take_poses if kind == "poses" else _take_images
        take(run, material, artifact.read(artifact.kind), artifact, against)
    elif kind == "poses":
        reference = pose_material.read_reference(run, against) if against else None
        if reference is None:
            reference = pose_material.stored_reference(_trained_on(run, artifact))
        pose_material.take_model(run, material, artifact, reference)
        pose_material.take_reference(material, reference, run.seed)
    else:
        _take_image_model(run, material, artifact, _images(run, against) if against else _trained_on(run, artifact))
    return material


def _take_image_model(run: Run, material: Material, artifact: Artifact, dataset: StoredDataset) -> None:
    model = load_model(
        run, artifact, weights=material.options.weights, sample_posterior=material.options.sample_posterior
    )
    if model.shape != dataset.shape:
        raise InvalidInputError(
            f"{artifact.ref} takes images of shape {model.shape}; {dataset.artifact.ref} has {dataset.shape}.",
            "Name a dataset of the model's shape with --against.",
        )
    path = fitting_path(artifact, model, material.options.path)
    image_material.take_model(material, dataset, model, path, run.seed)


def _take_poses(run: Run, material: Material, array: np.ndarray, source: Artifact | None, against: str | None) -> None:
    pose_material.take_as_it_is(material, torch.from_numpy(array).to(material.device))
    reference = pose_material.read_reference(run, against) if against else None
    if reference is None and (dataset := _behind(run, source)) is not None:
        reference = pose_material.stored_reference(dataset)
    if reference is not None:
        pose_material.take_reference(material, reference, run.seed)


def _take_images(run: Run, material: Material, array: np.ndarray, source: Artifact | None, against: str | None) -> None:
    if array.ndim == 5:
        dataset = _images(run, against) if against else _behind(run, source)
        image_material.take_paths(material, torch.from_numpy(array).to(material.device), dataset)


def _trained_on(run: Run, model: Artifact) -> StoredDataset:
    try:
        return dataset_of(run, model)
    except NotFoundError as error:
        raise InvalidInputError(f"The dataset of {model.ref} is gone.", "Name one with --against.") from error


def _behind(run: Run, source: Artifact | None) -> StoredDataset | None:
    """The dataset behind the model that made an artifact; None where there is none any more."""
    model = parent_of(run, source, "model") if source is not None else None
    if model is None:
        return None
    try:
        return dataset_of(run, model)
    except NotFoundError as error:
        run.tell(f"{error.message} Metrics that need real samples are left out.")
        return None


def _file_name(source: str) -> str:
    stem = "".join(
        c if c.isalnum() or c in "._-" else "-" for c in source.rsplit("/", 1)[-1].rpartition(".")[0].lower()
    )
    return stem.strip("-._")[:48] or "stdin"
