"""Pictures of a model of images: one style under all labels, clusters by their heads, and the quantiles of its prior.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, Figs. 10, 12 and 6 of the seed's slides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from posectl.core.autoencoder import Autoencoder
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError, UsageError
from posectl.render.blocks import draw_blocks
from posectl.render.page import Page
from posectl.render.rows import draw_rows
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.model import load_model
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run
from posectl.store import Artifact

ROWS, COLUMNS, QUANTILES = 10, 16, 20
# Parts of the size of an animation's panel.
TILE, SMALL_TILE = 0.2, 0.1
_TRAIN = "`posectl train --reg aae-supervised`, aae-semi and aae-cluster make models of such codes."


def asked_view(options: RenderOptions) -> str:
    """Return the view that options ask for, or "". Raises UsageError for several."""
    asked = [name for name in VIEWS if getattr(options, name)]
    if len(asked) > 1:
        raise UsageError(f"--{' and --'.join(asked)} are pictures of their own.", "Draw one after the other.")
    return asked[0] if asked else ""


def view_of(run: Run, view: str, subjects: Sequence[str | np.ndarray], options: RenderOptions, animated: bool) -> Page:
    """Draw a view of one model. Raises UsageError for what is no model of images, or none that has such a view."""
    if animated:
        raise UsageError(f"--{view} is a still picture.", "Write it as a .png, .svg or .pdf.")
    if len(subjects) != 1 or not isinstance(subjects[0], str):
        raise UsageError(f"--{view} is a picture of one model.", "Name one, such as the newest in `posectl ls`.")
    artifact = run.artifacts.get(subjects[0], "model")
    model, dataset = load_model(run, artifact), dataset_of(run, artifact)
    if model.kind.name != "images":
        raise InvalidInputError(
            f"--{view} draws models of images, and {artifact.ref} is of {model.kind.name}.",
            "`posectl sample` and `posectl render` show what it decodes.",
        )
    return VIEWS[view](artifact, model, dataset, options)


def _styles(artifact: Artifact, model: Autoencoder, dataset: StoredDataset, options: RenderOptions) -> Page:
    """Draw test images, each with its style decoded under every label beside it."""
    heads = sum(objective.in_code for objective in model.objectives)
    if not heads:
        raise UsageError(f"The codes of {artifact.ref} have no labels to put beside a style.", _TRAIN)
    some = _evenly(dataset.samples[dataset.split == TEST], options.most or ROWS)
    codes = model.encode(_tensor(model, some))
    rows = [
        np.concatenate([image[None], decoded]) for image, decoded in zip(some, under(model, codes, heads), strict=True)
    ]
    names = dataset.about.class_names if heads == dataset.about.classes else ()
    labels = ["image", *(names or map(str, range(heads)))]
    return draw_rows(rows, column_labels=labels, size=round(TILE * options.size))


def under(model: Autoencoder, codes: Tensor, heads: int) -> np.ndarray:
    """Decode the styles of codes (N, d) under every label: (N, heads, *shape)."""
    y = torch.eye(heads, device=codes.device).expand(len(codes), heads, heads)
    z = codes[:, None, heads:].expand(-1, heads, -1)
    return model.decode(torch.cat((y, z), dim=-1).flatten(0, 1)).unflatten(0, (-1, heads)).cpu().numpy()


def _clusters(artifact: Artifact, model: Autoencoder, dataset: StoredDataset, options: RenderOptions) -> Page:
    """Draw a row a cluster: its head decoded with no style, then test images that are in it."""
    if model.heads is None:
        raise UsageError(f"{artifact.ref} tells no clusters apart.", "`posectl train --reg aae-cluster` makes one.")
    test, count = dataset.test, model.heads.heads
    cluster = model.probabilities(_tensor(model, test)).argmax(1).cpu().numpy()
    columns = (options.columns or COLUMNS) - 1
    rows = [
        np.concatenate([head[None], _evenly(test[cluster == i], columns)]) for i, head in enumerate(head_images(model))
    ]
    names = _head_names(model, dataset)
    shares = [f"{name}  {100 * (cluster == i).mean():.1f} %" for i, name in enumerate(names)]
    return draw_rows(
        rows[: options.most or count],
        row_labels=shares[: options.most or count],
        column_labels=(),
        size=round(TILE * options.size),
    )


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
    return draw_blocks([block], size=round(SMALL_TILE * options.size))


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


def _evenly(images: np.ndarray, most: int) -> np.ndarray:
    return images[np.linspace(0, len(images) - 1, min(most, len(images))).round().astype(int)]


def _tensor(model: Autoencoder, images: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).to(model.device)


VIEWS: dict[str, Callable[[Artifact, Autoencoder, StoredDataset, RenderOptions], Page]] = {
    "styles": _styles, "clusters": _clusters, "quantiles": _quantiles,
}  # fmt: skip
