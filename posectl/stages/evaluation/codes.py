"""Inputs of metrics of codes: draws of the prior beside them, and what a model tells of the classes of samples."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.core.training.labelled import labelled_rows
from posectl.data.dataset import TEST, TRAIN
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.inputs import Inputs
from posectl.store import Artifact

MATCHED = 5_000
"""Test samples whose codes are held against draws of the prior, at most."""

REGRESSED = 10_000
"""Labelled samples that a logistic regression is fitted to, at most: of more it takes longer than the training did."""


def provide_matched(inputs: Inputs, model: Autoencoder, dataset: StoredDataset, seed: int) -> None:
    """Provide codes of test samples, MATCHED of more, and as many draws of the distribution that they are to follow."""
    rows = np.flatnonzero(dataset.split == TEST)
    if not len(rows):
        return
    chosen = rows[torch.randperm(len(rows), generator=generator(seed, "evaluate/matched"))[:MATCHED].numpy()]
    draws = cache(lambda: model.draw(len(chosen), generator(seed, "evaluate/prior")))
    inputs.provide(
        matched_codes=lambda: model.encode(torch.from_numpy(dataset.samples[chosen]).to(model.device)),
        prior_codes=lambda: draws().codes,
    )
    clusters = model.heads is not None and not model.heads.needs_labels
    if dataset.about.classes and dataset.artifact.has("label") and not clusters:
        inputs.provide(matched_labels=lambda: torch.from_numpy(dataset.known("label")[chosen]).long())
        if draws().classes is not None:
            inputs.provide(prior_classes=lambda: draws().classes)


def provide_heads(inputs: Inputs, model: Autoencoder, dataset: StoredDataset) -> None:
    """Provide what a model that tells classes or clusters apart says of the samples."""
    if model.heads is None:
        return

    def told(samples: np.ndarray) -> Any:
        return model.probabilities(torch.from_numpy(np.ascontiguousarray(samples)).to(model.device))

    if model.heads.needs_labels:
        inputs.provide(class_probabilities=lambda: told(dataset.test))
    else:
        inputs.provide(
            cluster_probabilities=lambda: told(dataset.train),
            test_cluster_probabilities=lambda: told(dataset.test),
        )


def provide_labelled(inputs: Inputs, artifact: Artifact, model: Autoencoder, dataset: StoredDataset) -> None:
    """Provide the samples whose labels the training of a model that classifies saw, if no more than REGRESSED."""
    if model.heads is None or not model.heads.needs_labels or dataset.about.scene.get("endless"):
        return
    count = artifact.config.get("labelled", {}).get("value")
    train = np.flatnonzero(dataset.split == TRAIN)
    if (count or len(train)) > REGRESSED:
        return
    labels = torch.from_numpy(dataset.known("label")[train]).long()
    rows = labelled_rows(labels, count, int(artifact.manifest["seed"]))
    inputs.provide(
        labelled_samples=lambda: torch.from_numpy(dataset.samples[train[rows.numpy()]]).to(model.device),
        labelled_labels=lambda: labels[rows],
        test_samples=lambda: torch.from_numpy(np.ascontiguousarray(dataset.test)).to(model.device),
    )
