"""What moves along attribute vectors change in held-out samples, as classifiers of samples tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from posectl.core.classifier import learn
from posectl.core.latent.attributes import Attribute
from posectl.core.metrics.entanglement import Edits
from posectl.core.random import generator
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.attribute import load_attributes, model_of, raw_values
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.labels import Label, read_label
from posectl.stages.artifacts.model import load_model, modules_of, placed
from posectl.stages.artifacts.rows import evenly
from posectl.stages.evaluation.protocol import Evaluation, check_kind
from posectl.stages.options import size, with_quick_sizes
from posectl.stages.run import Progress
from posectl.store import Artifact


@dataclass(frozen=True)
class Sizes:
    """The sizes of the measurement. held_out: samples, at most, that are moved along each vector, evenly spread over
    those without its attribute; learning: steps of each network that tells what they changed."""

    held_out: int = size(256, quick=16)
    learning: int = size(1500, quick=30)


def provide_edits(evaluation: Evaluation, artifact: Artifact) -> None:
    """Provide `edits`: what moves of 1 along every vector change in test samples of the reference, the model's own
    dataset unless another is named, as told by networks that were trained on its training samples.

    Raises InvalidInputError for a label of which the reference has fewer than two classes in train or in test.
    """
    held, model = load_attributes(artifact), model_of(evaluation.run, artifact)
    against, run = evaluation.against, evaluation.run
    dataset = evaluation.dataset(against) if against else dataset_of(run, model, evaluation.options.split)
    check_kind(dataset, evaluation.kind)
    labels = {name: read_label(dataset, name) for name in dict.fromkeys(each.label for each in held.attributes)}
    kept = _in_both(evaluation, dataset, held.attributes, labels)
    autoencoder, sizes = load_model(run, model, weights=held.weights), with_quick_sizes(Sizes())

    def edits() -> Edits:
        attributes = [held.attributes[i] for i in kept]
        scale = type(held.scale)(held.scale.mean[kept], held.scale.deviation[kept])
        values = scale.standardised(raw_values(attributes, labels))
        tell, accuracy = _readings(evaluation, dataset, attributes, labels, values, sizes.learning)
        rows = np.flatnonzero((dataset.split == TEST) & np.logical_and.reduce([each.known for each in labels.values()]))
        change = torch.zeros(len(kept), len(kept), dtype=torch.float64)
        for i, (one, place) in enumerate(zip(attributes, kept, strict=True)):
            run.progress(Progress("moving", i, len(kept), "attributes"))
            free = rows[values[rows, i] == 0] if one.value else rows
            some = free[evenly(len(free), sizes.held_out)]
            codes = autoencoder.encode(evaluation.tensor(dataset.samples[some]))
            direction = evaluation.tensor(held.directions[place])
            before, after = (autoencoder.decode(each) for each in (codes, placed(autoencoder, codes + direction)))
            change[i] = (tell(after) - tell(before)).double().mean(0).cpu()
        run.progress(Progress("moving", len(kept), len(kept), "attributes"))
        return Edits(attributes, change, accuracy)

    evaluation.inputs.provide(edits=edits)
    evaluation.modules += modules_of(model)
    evaluation.parents = [("attribute", artifact), ("reference", dataset.artifact)]
    evaluation.protocol |= {
        "reference": dataset.artifact.ref, "amount": 1.0, **asdict(sizes),
        "attributes": [held.attributes[i].name for i in kept],
    }  # fmt: skip


def _in_both(
    evaluation: Evaluation, dataset: StoredDataset, attributes: list[Attribute], labels: Mapping[str, Label]
) -> list[int]:
    """Return the places of attributes that train and test samples both show, and say which are left out."""
    there: set[str] = set()
    for name, label in labels.items():
        own = [each for each in attributes if each.label == name]
        shown = [label.known & (dataset.split == split) for split in (TRAIN, TEST)]
        if label.continuous:
            found = [each.name for each in own if all(rows.any() for rows in shown)]
        else:
            both = set(label.values[shown[0]]) & set(label.values[shown[1]])
            found = [each.name for each in own if each.value in both]
        if len(found) < (1 if label.continuous else 2):
            raise InvalidInputError(
                f"{dataset.artifact.ref} does not show {'a value' if label.continuous else 'two classes'} of {name} in "
                "both train and test, and a classifier cannot be held out.",
                "Split it so that both have them, or name another dataset with --against; `prepare arrays` and "
                "`mocap` have --split clips.",
            )
        there |= set(found)
    left = [each.name for each in attributes if each.name not in there]
    if left:
        evaluation.run.tell(f"Not in both train and test, and left out: {', '.join(left)}.")
    return [i for i, each in enumerate(attributes) if each.name in there]


def _readings(
    evaluation: Evaluation, dataset: StoredDataset, attributes: list[Attribute], labels: Mapping[str, Label],
    values: np.ndarray, steps: int,
) -> tuple[Callable[[Tensor], Tensor], dict[str, float]]:  # fmt: skip
    """Train a network for every label, and return what they tell of samples (N, A), with their accuracy by label."""
    told: list[Callable[[Tensor], Tensor]] = []
    accuracy = {}
    for done, (name, label) in enumerate(labels.items()):
        evaluation.run.progress(Progress("learning", done, len(labels), "labels"))
        own = [i for i, each in enumerate(attributes) if each.label == name]
        shows = label.known if label.continuous else values[:, own].any(1)
        train, test = (np.flatnonzero(shows & (dataset.split == split)) for split in (TRAIN, TEST))
        targets = evaluation.tensor(values[:, own] if label.continuous else values[:, own].argmax(1))
        reading = learn(
            evaluation.tensor(dataset.samples[train]), targets[train],
            generator(evaluation.run.seed, f"edits/{name}"), steps,
        )  # fmt: skip
        accuracy[name] = _accuracy(reading(evaluation.tensor(dataset.samples[test])), targets[test])
        told.append(reading)
    return lambda samples: torch.cat([reading(samples) for reading in told], 1), accuracy


def _accuracy(told: Tensor, targets: Tensor) -> float:
    """Return the share of classes that are told, or R^2 of numbers."""
    if targets.dim() == 1:
        return (told.argmax(1) == targets).double().mean().item()
    return 1 - ((told - targets).square().sum() / (targets - targets.mean(0)).square().sum()).item()
