"""Real samples and decoded draws of a model in one plane, by t-SNE (pose report, section V.E)."""

from __future__ import annotations

import numpy as np

from posectl.core.random import generator
from posectl.errors import InvalidInputError
from posectl.render.figures import Manifold
from posectl.stages.artifacts.dataset import dataset_of
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.rows import evenly
from posectl.stages.drawing.embedding import embed
from posectl.stages.run import Run
from posectl.store import Artifact

MOST = 1000
"""Samples of each sort."""

PERPLEXITY = 30.0


def tsne_of(run: Run, artifact: Artifact) -> Manifold:
    """Return real samples of a model's dataset (MOST, evenly, of more) and as many decoded draws from its prior, in two
    dimensions: scikit-learn's t-SNE of the flattened samples (van der Maaten and Hinton, 2008).

    Near points are alike; distances between groups mean little. Raises UnavailableError without scikit-learn,
    InvalidInputError for fewer than four samples.
    """
    model, dataset = load_model(run, artifact), dataset_of(run, artifact)
    rows = evenly(len(dataset.split), MOST)
    if len(rows) < 4:
        raise InvalidInputError(f"{dataset.artifact.ref} has {len(rows)} samples.", "t-SNE takes four or more.")
    codes = model.draw(len(rows), generator(run.seed, "tsne")).codes
    drawn = model.decode(codes.to(model.device)).cpu().numpy()
    both = np.concatenate([dataset.samples[rows], drawn]).reshape(2 * len(rows), -1)
    placed = embed(both, "tsne", 2, run.seed, perplexity=min(PERPLEXITY, len(rows) / 3))
    kinds = np.repeat([0, 1], len(rows))
    return Manifold(placed, ["t-SNE 1", "t-SNE 2"], kinds, f"{dataset.kind.noun}s", classes=["real", "drawn"])
