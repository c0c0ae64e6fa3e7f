"""attribute fit: the directions of attributes in a model's codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from posectl.core.latent.attributes import Attribute, difference_of_means, least_squares
from posectl.data.dataset import TRAIN
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.about import AttributeAbout
from posectl.stages.artifacts.attribute import Scale, attributes_of, raw_values
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.labels import Label, label_hint, read_label
from posectl.stages.artifacts.model import HINT, load_model, model_about, modules_of
from posectl.stages.options import AttributeOptions
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft

MOST = 256
"""Classes of a label, beyond which no direction tells anything."""


def fit_attribute(run: Run, model: str | None = None, options: AttributeOptions = AttributeOptions()) -> Result:
    """Fit a direction to every attribute of the labels, on the training samples of a model's dataset, and publish them.

    A sample of which a label is unknown is left out. Raises UsageError for a label that there is not,
    InvalidInputError for one that is unknown, the same everywhere, or not to be told from another.
    """
    artifact = run.subject(model, "model", HINT)
    dataset = dataset_of(run, artifact)
    if not options.labels:
        raise UsageError("No label was named.", f"For example --label action. {label_hint(dataset)}")
    labels, samples = _training(run, dataset, options.labels)
    attributes = [each for label in labels.values() for each in attributes_of(label)]
    raw = raw_values(attributes, labels)
    _check_varied(dataset, attributes, raw, labels)
    scale = Scale.of(raw, attributes)
    autoencoder = load_model(run, artifact, weights=options.weights)

    def fill(draft: Draft) -> dict[str, Any]:
        codes = autoencoder.encode(torch.from_numpy(samples)).cpu().double().numpy()
        values = scale.standardised(raw)
        by_means = options.by == "means"
        directions = difference_of_means(codes, values) if by_means else least_squares(codes, values, attributes)
        draft.put("directions", directions.astype(np.float32), ("attribute", "code"))
        draft.put("mean", scale.mean, ("attribute",))
        draft.put("deviation", scale.deviation, ("attribute",))
        return {"attributes": len(attributes), "samples": len(samples), "names": [each.name for each in attributes]}

    return produce(
        run, "attribute", f"{artifact.name}-attributes", run.config(options), fill, stage="fit_attribute",
        modules=modules_of(artifact), parents=[("model", artifact), ("dataset", dataset.artifact)],
        device=str(autoencoder.device),
        about=AttributeAbout(
            samples=model_about(artifact).samples, by=options.by,
            attributes=tuple({key: value for key, value in each._asdict().items() if value} for each in attributes),
        ),
    )  # fmt: skip


def _training(run: Run, dataset: StoredDataset, names: tuple[str, ...]) -> tuple[dict[str, Label], np.ndarray]:
    """Return the labels and the samples (N, *shape) of the training samples of which all of them are known."""
    labels = {name: read_label(dataset, name) for name in names}
    train = dataset.split == TRAIN
    for name, label in labels.items():
        if not (label.known & train).any():
            raise InvalidInputError(
                f"{name} is unknown of every training sample of {dataset.artifact.ref}.", "Name another label."
            )
    rows = np.logical_and.reduce([train, *(label.known for label in labels.values())])
    if not rows.any():
        raise InvalidInputError(f"No training sample has all of {', '.join(names)}.", "Fit one label at a time.")
    if left := int((train & ~rows).sum()):
        run.tell(f"{left:,} of {int(train.sum()):,} training samples, whose labels are unknown, are left out.")
    kept = {name: Label(name, label.values[rows], label.period) for name, label in labels.items()}
    return kept, np.ascontiguousarray(dataset.samples[rows])


def _check_varied(
    dataset: StoredDataset, attributes: list[Attribute], raw: np.ndarray, labels: Mapping[str, Label]
) -> None:
    """Raise InvalidInputError for a label that says the same of all samples, or another thing of nearly each."""
    for name, label in labels.items():
        own = [i for i, each in enumerate(attributes) if each.label == name]
        if (raw[:, own].std(0) == 0).all():
            raise InvalidInputError(
                f"{name} is {label.values[0]} in all {len(raw):,} training samples of {dataset.artifact.ref}, "
                "and nothing tells a direction.",
                "Name a label that varies.",
            )
        if len(own) > MOST:
            raise InvalidInputError(
                f"{name} has {len(own):,} classes, and directions are of up to {MOST}.", "Name a coarser label."
            )
