"""The manifold of a model's codes: all samples of its dataset, and the grid of the factors behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.components import principal_components
from posectl.core.random import generator
from posectl.errors import UsageError, did_you_mean
from posectl.printable import one_line
from posectl.render.figures import Manifold
from posectl.render.figures.manifold import CLASS_COLOURS
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.labels import class_values, stored_labels
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.rows import evenly
from posectl.stages.drawing.embedding import NAMES, Embedding, embed
from posectl.stages.evaluation.codes import provide_matched
from posectl.stages.evaluation.factors import FactorSpace
from posectl.stages.evaluation.inputs import Inputs
from posectl.stages.exploring.codes import decoder_speed, density
from posectl.stages.options import Projection
from posectl.stages.run import Run
from posectl.store import Artifact

MOST = 30_000  # dots, beyond which no figure tells more
EMBEDDED = 2_000  # dots that t-SNE and UMAP place
RING, SPOKE = 180, 36  # images drawn along a turn, and along another factor
SPOKES, QUARTERS = 12, 4
MOST_LEVELS, LEVELS = 16, 8

DRAWS, SPEED, DENSITY = "draws", "speed", "density"  # what colours codes of any model, beside what is known of samples

DEGREES = ("azimuth", "elevation")  # factors that are in degrees, whether they go round or not

Project = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Grid:
    """Lines through the space of the factors: factors (L, K, F), of objects (L,)."""

    factors: Tensor
    objects: Tensor


def manifold_of(
    run: Run,
    artifact: Artifact,
    *,
    by: str | None = None,
    dimensions: int | None = None,
    projection: Projection = "auto",
) -> Manifold:
    """Return the codes of all samples of a model's dataset (MOST, evenly, of more) with the lines of the factors' grid.

    The codes are coloured `by` a factor or a label, of samples or of their clips (None: the first that is known, in
    this order); the lines are there where a factor is periodic. Codes of two or three dimensions are shown as
    they are; more, or others than `dimensions`, by their principal components, two unless `dimensions` says 3. Whatever
    is known, they are also coloured by "draws": in one map with as many draws from the prior; "speed": the decoder's,
    see `decoder_speed`; "density": one over the distance of the eighth nearest code. projection: "pca", of codes of two
    or three dimensions, too; "tsne" and "umap" place EMBEDDED codes, without the grid. Raises UsageError for unknown
    names and impossible dimensions, UnavailableError for a projection whose extra is not installed.
    """
    model, dataset = load_model(run, artifact), dataset_of(run, artifact)
    embedding: Embedding | None = None if projection == "auto" or projection == "pca" else projection
    rows = evenly(len(dataset.split), EMBEDDED if embedding else MOST)
    codes = _encoded(model, torch.from_numpy(dataset.samples[rows]))
    name = _colouring(dataset, by)
    if embedding:
        return _embedded(run, model, dataset, rows, codes, name, embedding, dimensions or 2)
    project, axes = _projection(codes, dimensions, by_components=projection == "pca")
    if name == DRAWS:
        return _beside_draws(run, model, codes, project, axes)
    grid, marks = _grid(model, dataset, project)
    return replace(
        _coloured(run, model, dataset, rows, codes, name), codes=project(codes), axes=axes, grid=grid, marks=marks
    )


def _embedded(
    run: Run, model: Autoencoder, dataset: StoredDataset, rows: np.ndarray, codes: np.ndarray, name: str | None,
    projection: Embedding, dimensions: int,
) -> Manifold:  # fmt: skip
    """Place codes by what keeps neighbours together, which has to see draws, too, to place them."""
    axes = [f"{NAMES[projection]} {i + 1}" for i in range(dimensions)]

    def place(some: np.ndarray) -> np.ndarray:
        return embed(some, projection, dimensions, run.seed)

    if name == DRAWS:
        together = _beside_draws(run, model, codes, lambda some: some, axes)
        return replace(together, codes=place(together.codes))
    return replace(_coloured(run, model, dataset, rows, codes, name), codes=place(codes), axes=axes)


def _beside_draws(run: Run, model: Autoencoder, codes: np.ndarray, project: Project, axes: list[str]) -> Manifold:
    """Return codes and as many draws from the prior in one map, in an order in which neither covers the other."""
    drawn = model.draw(len(codes), generator(run.seed, "plot/draws")).codes.double().numpy()
    both, kinds = np.concatenate([codes, drawn]), np.repeat([0, 1], len(codes))
    mixed = np.random.default_rng(run.seed).permutation(len(both))
    return Manifold(project(both[mixed]), axes, kinds[mixed], "codes", classes=["real", "drawn"])


def _coloured(
    run: Run, model: Autoencoder, dataset: StoredDataset, rows: np.ndarray, codes: np.ndarray, name: str | None
) -> Manifold:
    """Return codes, not projected yet, with the values that colour them."""
    shown, axes = codes, list[str]()
    if name is None:
        return Manifold(shown, axes)
    if name in (SPEED, DENSITY) and name not in stored_labels(dataset):
        some = torch.from_numpy(codes).float()
        unit = "" if model.kind.unit == "1" else f"{model.kind.unit} "
        if name == DENSITY:
            return Manifold(shown, axes, density(some), "density of codes", robust=True)
        return Manifold(shown, axes, decoder_speed(model, some, run.seed), f"speed ({unit}a unit of code)", robust=True)
    if name not in dataset.about.factors:
        values, classes, others = _classes(dataset, name, rows)
        return Manifold(shown, axes, values, name, classes=classes, others=others)
    values, period = dataset.known(name)[rows].astype(np.float64), dataset.about.periods.get(name)
    if period:
        return Manifold(shown, axes, values * (360 / period), f"{name} (deg)", 360.0)
    return Manifold(shown, axes, values, f"{name} (deg)" if name in DEGREES else name)


def beside_prior(run: Run, artifact: Artifact) -> dict[str, Manifold]:
    """Return the codes of a model's samples, by their label where that is known, and as many draws of the distribution
    that they are to follow, by title, in the plane: as they are, or by the principal components of the codes."""
    model, dataset = load_model(run, artifact), dataset_of(run, artifact)
    rows = evenly(len(dataset.split), MOST)
    codes = _encoded(model, torch.from_numpy(dataset.samples[rows]))
    drawn = model.draw(len(rows), generator(run.seed, "plot/prior"))
    project, axes = _projection(codes, 2)
    inputs = Inputs()
    provide_matched(inputs, model, dataset, run.seed)
    title = artifact.ref
    if inputs.has("matched_codes"):
        title += f", MMD² {inputs.score('prior_mmd')['mean']:.2g}"
    shown, prior = project(codes), project(drawn.codes.double().numpy())
    if not (dataset.about.classes and dataset.artifact.has("label")):
        return {title: Manifold(shown, axes), "prior": Manifold(prior, axes)}
    values, classes, others = _classes(dataset, "label", rows)
    coloured = Manifold(shown, axes, values, "label", classes=classes, others=others)
    if drawn.classes is None:
        return {title: coloured, "prior": Manifold(prior, axes)}
    return {title: coloured, "prior": replace(coloured, codes=prior, values=drawn.classes.numpy())}


def _encoded(model: Autoencoder, samples: Tensor) -> np.ndarray:
    return model.encode(samples).cpu().double().numpy()


def _projection(codes: np.ndarray, dimensions: int | None, *, by_components: bool = False) -> tuple[Project, list[str]]:
    """Return the projection from codes (N, d) to (N, 2 or 3), and the names of its axes."""
    size = codes.shape[1]
    wanted = dimensions or (size if size in (2, 3) else 2)
    if wanted > size:
        hint = f"--dimensions {size}." if size > 1 else "`posectl train --latent 2` makes a model of two."
        raise UsageError(f"Codes of {size} dimensions cannot be shown in {wanted}.", hint)
    if wanted == size and not by_components:
        return lambda some: some, [f"z{index}" for index in "₁₂₃"[:size]]
    middle, directions, shares = principal_components(codes, wanted)
    names = [f"component {i + 1} ({100 * share:.0f} %)" for i, share in enumerate(shares)]
    return lambda some: (some - middle) @ directions.T, names


def _colouring(dataset: StoredDataset, by: str | None) -> str | None:
    """Return the name of the values that colour the codes; None where nothing is known of the samples."""
    known = [*stored_labels(dataset), DRAWS, SPEED, DENSITY]
    if by is not None and by not in known:
        raise UsageError(f"Nothing called {by!r} is known of {dataset.artifact.ref}.", did_you_mean(by, known))
    return by or next(iter(stored_labels(dataset)), None)


def _classes(dataset: StoredDataset, name: str, rows: np.ndarray) -> tuple[np.ndarray, list[str], int]:
    """Return the numbers (N,) of the samples' classes, the names of the classes in their order, and how many classes
    beyond share the next number: the rarest, where there are more than colours."""
    values, numbers, counts = np.unique(class_values(dataset, name)[rows], return_inverse=True, return_counts=True)
    most = len(CLASS_COLOURS)
    shown = np.sort(np.argsort(-counts, kind="stable")[:most])
    places = np.full(len(values), len(shown))
    places[shown] = np.arange(len(shown))
    told = dataset.about.class_names if name == "label" else ()
    names = [told[int(value)] if told else str(value) or "unknown" for value in values[shown]]
    return places[numbers], [one_line(name) for name in names], len(values) - len(shown)


def _grid(
    model: Autoencoder, dataset: StoredDataset, project: Project
) -> tuple[list[np.ndarray], list[tuple[np.ndarray, str]]]:
    """Return lines of the projected grid, and named points of it; none where no factor is periodic."""
    if not set(dataset.about.periods) & set(dataset.about.factors):
        return [], []
    space = FactorSpace(dataset, model.device)

    def codes(grid: Grid) -> np.ndarray:
        images = space.images_at(grid.factors, grid.objects)
        return project(_encoded(model, images.flatten(0, 1))).reshape(*grid.factors.shape[:2], -1)

    lines = [line for grid in (_rings(space), _spokes(space)) if grid is not None for line in codes(grid)]
    return lines, _marks(space, dataset, codes)


def _levels(space: FactorSpace) -> tuple[Tensor, Tensor]:
    """Return values (L, F) of the factors that do not turn, 0 for the one that does, with their objects (L,): the
    stored ones, or, of one that was drawn at random, LEVELS from end to end."""
    still = space.values.clone()
    still[:, space.turning] = 0
    distinct = torch.unique(torch.cat([still, space.objects[:, None].double()], 1), dim=0)
    if space.drawn and len(distinct) > MOST_LEVELS:
        share = torch.linspace(0, 1, LEVELS, dtype=torch.float64, device=space.device)[:, None]
        distinct = torch.lerp(distinct.amin(0), distinct.amax(0), share)
    return distinct[:, :-1], distinct[:, -1]


def _rings(space: FactorSpace) -> Grid:
    """Return a full turn at every level of the other factors."""
    levels, objects = _levels(space)
    count = RING if space.drawn else len(torch.unique(space.values[:, space.turning]))
    return Grid(_turned(space, levels[:, None].repeat(1, count + 1, 1), torch.linspace(0, 1, count + 1)), objects)


def _spokes(space: FactorSpace) -> Grid | None:
    """Return lines along the one factor that does not turn, at evenly spaced turns; None unless there is just one."""
    levels, objects = _levels(space)
    if levels.shape[1] != 2 or not space.has_one_object:
        return None
    if space.drawn:
        share = torch.linspace(0, 1, SPOKE, dtype=torch.float64, device=space.device)[:, None]
        levels = torch.lerp(levels.amin(0), levels.amax(0), share)
    factors = _turned(space, levels.repeat(SPOKES, 1, 1), torch.arange(SPOKES)[:, None] / SPOKES)
    return Grid(factors, objects[:1].expand(SPOKES))


def _marks(
    space: FactorSpace, dataset: StoredDataset, codes: Callable[[Grid], np.ndarray]
) -> list[tuple[np.ndarray, str]]:
    """Name each object, where there are several; else the quarters of a turn, and the first and last ring."""
    levels, objects = _levels(space)
    if not space.has_one_object:
        at = codes(Grid(levels[:, None], objects))[:, 0]
        return [(point, f"{float(name):g}") for point, name in zip(at, objects, strict=True)]
    quarters = _turned(space, levels[:1].repeat(QUARTERS, 1, 1), torch.arange(QUARTERS)[:, None] / QUARTERS)
    at = codes(Grid(quarters, objects[:1].expand(QUARTERS)))[:, 0]
    marks = [(point, f"{360 * i // QUARTERS}°") for i, point in enumerate(at)]
    for i, name in enumerate(dataset.about.factors):
        if i != space.turning and len(levels) > 1:
            ends = _turned(space, levels[[0, -1]][:, None], torch.tensor(1 / 8))
            at = codes(Grid(ends, objects[[0, -1]]))[:, 0]
            unit = "°" if name in DEGREES else ""
            named = [f"{name} {float(level):g}{unit}" for level in levels[[0, -1], i]]
            marks += zip(at, named, strict=True)
    return marks


def _turned(space: FactorSpace, factors: Tensor, turns: Tensor) -> Tensor:
    """Set the turning factor of factors (L, K, F) to so many turns (..., K)."""
    factors[..., space.turning] = turns.to(factors) * space.periods[space.turning]
    return factors
