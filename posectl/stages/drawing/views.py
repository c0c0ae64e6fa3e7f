"""Pictures of a model of images or clouds: one style under all labels, its clusters, and the quantiles of its prior.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, Figs. 10, 12 and 6 of the seed's slides; Fig. 23
shows clusters of clouds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from posectl.core.autoencoder import Autoencoder
from posectl.core.metrics.kmeans import Whitening, assign, kmeans
from posectl.core.random import generator
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError, UsageError
from posectl.render.blocks import draw_blocks
from posectl.render.page import Page
from posectl.render.panel import SMALLEST
from posectl.render.rows import draw_rows
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.rows import evenly
from posectl.stages.drawing.clouds import rows_of_clouds
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run
from posectl.store import Artifact

ROWS, COLUMNS, QUANTILES = 10, 16, 20
# Parts of the size of an animation's panel.
TILE, SMALL_TILE = 0.2, 0.1
# Of codes that tell no clusters apart: as many where classes are not known, and the runs of k-means for them.
CLUSTERS, RESTARTS, ITERATIONS = 8, 100, 1000
_TRAIN = "`posectl train --reg aae-supervised`, aae-semi and aae-cluster make models of such codes."


def asked_view(options: RenderOptions) -> str:
    """Return the view that options ask for, or "". Raises UsageError for several."""
    asked = [name for name in VIEWS if getattr(options, name)]
    if len(asked) > 1:
        raise UsageError(f"--{' and --'.join(asked)} are pictures of their own.", "Draw one after the other.")
    return asked[0] if asked else ""


def view_of(run: Run, view: str, subjects: Sequence[str | np.ndarray], options: RenderOptions, animated: bool) -> Page:
    """Draw a view of one model. Raises UsageError for what is no model of images or clouds, or has no such view."""
    if animated:
        raise UsageError(f"--{view} is a still picture.", "Write it as a .png, .svg or .pdf.")
    if len(subjects) != 1 or not isinstance(subjects[0], str):
        raise UsageError(f"--{view} is a picture of one model.", "Name one, such as the newest in `posectl ls`.")
    artifact = run.artifacts.get(subjects[0], "model")
    model, dataset = load_model(run, artifact), dataset_of(run, artifact)
    if model.kind.name not in ("images", "clouds"):
        raise InvalidInputError(
            f"--{view} draws models of images or clouds, and {artifact.ref} is of {model.kind.name}.",
            "`posectl sample` and `posectl render` show what it decodes.",
        )
    return VIEWS[view](artifact, model, dataset, options)


def _styles(artifact: Artifact, model: Autoencoder, dataset: StoredDataset, options: RenderOptions) -> Page:
    """Draw test images, each with its style decoded under every label beside it."""
    heads = sum(objective.in_code for objective in model.objectives)
    if not heads:
        raise UsageError(f"The codes of {artifact.ref} have no labels to put beside a style.", _TRAIN)
    some = _some(dataset.samples[dataset.split == TEST], options.most or ROWS)
    codes = model.encode(_tensor(model, some))
    rows = [
        np.concatenate([image[None], decoded]) for image, decoded in zip(some, under(model, codes, heads), strict=True)
    ]
    names = dataset.about.class_names if heads == dataset.about.classes else ()
    labels = [dataset.kind.noun, *(names or map(str, range(heads)))]
    tiles, size = _tiles(rows, dataset, TILE * options.size)
    return draw_rows(tiles, column_labels=labels, size=size)


def under(model: Autoencoder, codes: Tensor, heads: int) -> np.ndarray:
    """Decode the styles of codes (N, d) under every label: (N, heads, *shape)."""
    y = torch.eye(heads, device=codes.device).expand(len(codes), heads, heads)
    z = codes[:, None, heads:].expand(-1, heads, -1)
    return model.decode(torch.cat((y, z), dim=-1).flatten(0, 1)).unflatten(0, (-1, heads)).cpu().numpy()


def _clusters(artifact: Artifact, model: Autoencoder, dataset: StoredDataset, options: RenderOptions) -> Page:
    """Draw a row a cluster: its head decoded with no style, or the middle of its codes, then test samples in it."""
    cluster, heads, names = _by_heads(model, dataset) if model.heads else _by_kmeans(model, dataset)
    test, columns, most = dataset.test, (options.columns or COLUMNS) - 1, options.most or len(heads)
    rows = [np.concatenate([head[None], _some(test[cluster == i], columns)]) for i, head in enumerate(heads)]
    shares = [f"{name}  {100 * (cluster == i).mean():.1f} %" for i, name in enumerate(names)]
    tiles, size = _tiles(rows[:most], dataset, TILE * options.size)
    return draw_rows(tiles, row_labels=shares[:most], size=size)


def _by_heads(model: Autoencoder, dataset: StoredDataset) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the cluster (N,) of each test sample, the clusters' heads (K, *shape), and their names."""
    cluster = model.probabilities(_tensor(model, dataset.test)).argmax(1).cpu().numpy()
    return cluster, head_images(model), _head_names(model, dataset)


def _by_kmeans(model: Autoencoder, dataset: StoredDataset) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return as `_by_heads` the clusters of whitened codes of training samples, as many as there are classes; each
    bears the name of the class that most of its training samples have."""
    count = dataset.about.classes or CLUSTERS
    train, test = (model.encode(_tensor(model, some)) for some in (dataset.train, dataset.test))
    white = Whitening(train)
    # Scaled to order one, for single precision.
    points, tests = (white(codes).mul(len(train) ** 0.5).float() for codes in (train, test))
    centres = kmeans(points, count, restarts=RESTARTS, iterations=ITERATIONS, generator=generator(0, "clusters"))
    member = F.one_hot(assign(points, centres), count).to(train)
    middles = member.T @ train / member.sum(0).clamp(min=1)[:, None]
    names = [f"{i + 1}" for i in range(count)]
    if dataset.about.class_names and dataset.artifact.has("label"):
        labels = torch.from_numpy(dataset.known("label")[dataset.split == TRAIN]).long().to(member.device)
        most = (member.T @ F.one_hot(labels).to(member)).argmax(1).tolist()
        names = [f"{name}: {dataset.about.class_names[label]}" for name, label in zip(names, most, strict=True)]
    return assign(tests, centres).cpu().numpy(), model.decode(model.prior.project(middles)).cpu().numpy(), names


def head_images(model: Autoencoder) -> np.ndarray:
    """Decode each head without a style: (heads, *shape)."""
    assert model.heads is not None
    count = model.heads.heads
    middle = (torch.arange(count) + 0.5) / count
    drawn = model.heads.draws(model.prior, torch.zeros(count, model.latent), middle, model.encoder)
    codes = drawn.codes if drawn is not None else F.pad(torch.eye(count), (0, model.latent - count))
    return model.decode(codes.to(model.device)).cpu().numpy()


def _head_names(model: Autoencoder, dataset: StoredDataset) -> list[str]:
    """Name classes; number clusters, with the class of the most certain training sample where that is known."""
    assert model.heads is not None
    names = dataset.about.class_names or tuple(map(str, range(dataset.about.classes)))
    if model.heads.needs_labels:
        return list(names)
    numbers = [f"{i + 1}" for i in range(model.heads.heads)]
    if not names:
        return numbers
    certain = model.probabilities(_tensor(model, dataset.train)).argmax(0).cpu().numpy()
    labels = dataset.known("label")[dataset.split == TRAIN][certain]
    return [f"{number}: {names[int(label)]}" for number, label in zip(numbers, labels, strict=True)]


def _quantiles(artifact: Artifact, model: Autoencoder, dataset: StoredDataset, options: RenderOptions) -> Page:
    """Draw a block of images decoded at the quantiles of a standard normal prior in the plane."""
    count = options.columns or QUANTILES
    codes = quantiles(count) if model.latent == 2 else None
    drawn = None if codes is None else _drawn(model, codes)
    if codes is None or drawn is None or not torch.equal(drawn, codes):
        raise UsageError(
            f"The codes of {artifact.ref} are not distributed as N(0, I) in the plane, whose quantiles are drawn.",
            "`posectl train --reg aae --latent 2 --prior normal` makes a model whose codes are.",
        )
    block = model.decode(codes.to(model.device)).unflatten(0, (count, count)).cpu().numpy()
    tiles, size = _tiles(list(block), dataset, SMALL_TILE * options.size)
    return draw_blocks([np.stack(tiles)], size=size)


def quantiles(count: int) -> Tensor:
    """Return the codes (count^2, 2) at the middle quantiles of N(0, I), row by row from the top left."""
    line = torch.special.ndtri((torch.arange(count, dtype=torch.float64) + 0.5) / count).float()
    y, x = torch.meshgrid(line.flip(0), line, indexing="ij")
    return torch.stack((x, y), dim=-1).flatten(0, 1)


def _drawn(model: Autoencoder, noise: Tensor) -> Tensor:
    """Return what the distribution of codes makes of noise."""
    made = (o.draws(model.prior, noise, torch.zeros(len(noise)), model.encoder) for o in model.objectives)
    drawn = next((each for each in made if each is not None), None)
    return (model.prior.draw(noise) if drawn is None else drawn.codes).cpu()


def _tiles(rows: Sequence[np.ndarray], dataset: StoredDataset, size: float) -> tuple[Sequence[np.ndarray], int]:
    """Return rows of samples as `draw_rows` takes them, and the size of a tile: images as they are, clouds drawn."""
    if dataset.kind.name == "clouds":
        side = max(SMALLEST, round(2 * size))
        return rows_of_clouds(rows, dataset.up, side), side
    return rows, round(size)


def _some(samples: np.ndarray, most: int) -> np.ndarray:
    return samples[evenly(len(samples), most)]


def _tensor(model: Autoencoder, images: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).to(model.device)


VIEWS: dict[str, Callable[[Artifact, Autoencoder, StoredDataset, RenderOptions], Page]] = {
    "styles": _styles, "clusters": _clusters, "quantiles": _quantiles,
}  # fmt: skip
