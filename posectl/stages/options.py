"""The options of the stages, and their defaults: plain dataclasses, so that the command line can show them cheaply."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

from posectl.data.units import Axis, LayoutName, Unit

T = TypeVar("T")


def size(default: Any, *, quick: int) -> Any:
    """Make a field that is a size; quick: what POSECTL_QUICK=1 cuts it to, for trying a script out."""
    return field(default=default, metadata={"quick": quick})


def with_quick_sizes(options: T) -> T:
    """Return options, with sizes cut to the `quick` of each field, at most, where POSECTL_QUICK is set."""
    if not os.environ.get("POSECTL_QUICK"):
        return options
    sizes = {f.name: f.metadata["quick"] for f in fields(options) if "quick" in f.metadata}  # type: ignore[arg-type]
    return replace(options, **{key: min(most, getattr(options, key) or most) for key, most in sizes.items()})  # type: ignore[type-var]


def non_defaults(options: Any) -> dict[str, Any]:
    """Return the fields of an options dataclass that differ from their defaults."""
    blank = type(options)()
    return {f.name: value for f in fields(options) if (value := getattr(options, f.name)) != getattr(blank, f.name)}


@dataclass(frozen=True)
class TrainOptions:
    """The options of a training.

    reg: regularizers.
    lam: their weights, in pairs with reg; none: each one's published weight.
    price: the error that a recipe without lam may cost, as a multiple of the plain autoencoder's; None: 1.03.
    set: settings of regularizers and of the net, "acai.gamma=0.05", "mlp.widths=512,512".
    latent: numbers of a code; of one that begins with classes, those after them.
    labelled: training samples whose labels are seen, drawn from every class alike; None: all.
    steps: training steps.
    batch: samples a step.
    micro_batch: samples whose gradients are taken at once, and summed in order, over ranks too; None: the whole batch,
        and over ranks an eighth of it.
    lr: Adam's learning rate.
    lr_adversary: the learning rate of critics and discriminators; None: lr.
    betas: Adam's betas.
    prior: where codes live, "sphere", "normal", or "normal-0.2" of that deviation; None: what suits the kind.
    net: name of the network; None: what suits the kind of sample.
    precision: of matrix products.
    pairing: "reverse" interpolates between the batch and itself reversed, "halves" as the pose report does.
    rotate: axis of the augmentation's rotation of poses: the vertical ("up"), the optical axis ("view"), or "none".
    degrees: range of that rotation.
    flip: whether the augmentation mirrors half of the poses.
    best_by: split whose lowest error chooses the best weights: "validation", without which the last are the best, or
        "test", as some published code has it.
    order: of the training samples: "rows" shuffles all of them, "blocks" takes blocks of files in a shuffled order,
        each shuffled; None: rows, or blocks where the samples exceed the memory's budget.
    evaluate_every: steps between errors of that split.
    checkpoint_every: steps between checkpoints; 0: twice a minute.
    snapshots: how many times on the way, evenly, the weights are kept, for `evaluate --weights step-N`.
    """

    reg: tuple[str, ...] = ("none",)
    lam: tuple[float, ...] = ()
    price: float | None = None
    set: tuple[str, ...] = ()
    latent: int = 8
    labelled: int | None = None
    steps: int = size(20_000, quick=30)
    batch: int = size(64, quick=16)
    micro_batch: int | None = None
    lr: float = 1e-3
    lr_adversary: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    prior: str | None = None
    net: str | None = None
    precision: Literal["fp32", "tf32", "bf16"] = "fp32"
    pairing: Literal["reverse", "halves"] = "reverse"
    rotate: Literal["up", "view", "none"] = "up"
    degrees: float = 30.0
    flip: bool = True
    best_by: Literal["validation", "test"] = "validation"
    order: Literal["rows", "blocks"] | None = None
    evaluate_every: int = 500
    checkpoint_every: int = 0
    snapshots: int = 0


@dataclass(frozen=True)
class Axes:
    """The axes of a sweep. Lists are multiplied, or paired if zip.

    lam: a list for each regularizer; none: each one's published weight.
    latent: sizes of the code.
    seeds: how many, from the run's own on, at every point.
    zip: whether lists are paired.
    """

    lam: tuple[tuple[float, ...], ...] = ()
    latent: tuple[int, ...] = (8,)
    seeds: int = 1
    zip: bool = False


@dataclass(frozen=True)
class InterpolateOptions:
    """The options of an interpolation.

    steps: samples on a path, both ends included.
    path: between codes; None: the prior's own, slerp on the sphere, lerp elsewhere.
    weights: "last", or "best" by validation error.
    grid: samples on each side of a block between four ends; 0: paths between two.
    start, stop: first and last alpha of a path, of which 0 and 1 are its ends; beyond them it is gone on with.
    unit, up, joints: conventions of poses in files, as posectl.data.foreign has them; None: what the files say, else
        found.
    """

    steps: int = 100
    path: str | None = None
    weights: Literal["last", "best"] = "last"
    grid: int = 0
    start: float = 0.0
    stop: float = 1.0
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None


Draws = Literal["prior", "gaussian", "mixture"]


@dataclass(frozen=True)
class AttributeOptions:
    """The options of attribute vectors.

    labels: names of the labels whose attributes are fitted together.
    by: "least-squares" over all of them at once, or difference of "means" of each by itself.
    weights: "last", or "best" by validation error.
    """

    labels: tuple[str, ...] = ()
    by: Literal["least-squares", "means"] = "least-squares"
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class ApplyOptions:
    """The options of moving samples along an attribute vector.

    attribute: its name, "action=walk", or what no other has, "walk"; None: the only one.
    amount: one amount, for samples, or the first and last of a path; of a class 1 leads from samples without it to
        those with it, of a number it is a standard deviation.
    steps: samples on such a path, both ends included.
    unit, up, joints: as of an interpolation.
    """

    attribute: str | None = None
    amount: tuple[float, ...] = (1.0,)
    steps: int = 100
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None


@dataclass(frozen=True)
class ArithmeticOptions:
    """The options of sums of samples. weights: "last", or "best" by validation error; unit, up, joints: as of an
    interpolation."""

    weights: Literal["last", "best"] = "last"
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None


@dataclass(frozen=True)
class SampleOptions:
    """The options of sampling.

    count: how many samples.
    draws: distribution of the codes, as of an evaluation.
    weights: "last", or "best" by validation error.
    """

    count: int = size(1000, quick=50)
    draws: Draws = "prior"
    weights: Literal["last", "best"] = "last"


TASKS = ("completion", "denoising", "ik", "generation")


@dataclass(frozen=True)
class FitOptions:
    """The options of a fit.

    hidden: joints that are not known, "left arm", "legs", "13,14", or a file of a mask; None: those that are NaN.
    noise: standard deviation of every coordinate that is known, metres.
    camera: a file of the camera of keypoints, or "weak": it is far away; None: poses in space, or keypoints so seen.
    hypotheses: how many poses are fitted to each, the most likely and draws.
    smooth: weight of the squared acceleration, a frame, in a clip.
    experts: "all", the model's own solution and regressions, or "model", its own alone.
    split: of a dataset.
    weights: "last", or "best" by validation error.
    unit, up, joints: as of an interpolation, of keypoints joints alone; shape: as of an evaluation.
    """

    hidden: str | None = None
    noise: float = 0.0
    camera: str | None = None
    hypotheses: int = 1
    smooth: float = 0.0
    experts: Literal["all", "model"] = "all"
    split: Literal["train", "test", "all"] = "test"
    weights: Literal["last", "best"] = "last"
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None
    shape: Literal["paths", "samples"] | None = None


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of an evaluation.

    metrics: names; (): all that the subject allows.
    compat: a published protocol, "naayem" of poses, "acai" of images.
    weights: "last", "best", or a snapshot's, "step-N".
    split: held against the subject: "test", or, to choose by, "validation", without any test samples.
    sample_posterior: whether a VAE's codes are draws, as published, in place of means.
    path: between codes; None: the prior's own.
    endpoints: test samples whose pairs are all interpolated, for the metrics of paths.
    steps: of those paths.
    random_pairs: random pairs of test samples, for Mean Distance and, of images, for every metric of paths; None:
        10,000, of images 256.
    random_steps: steps of their paths; None: 10, of images 16.
    draws: distribution of the codes that are drawn: "prior", or "gaussian" or "mixture", fitted to those of training
        samples.
    samples: draws for precision; None: 10,000, of images 2,000.
    recall_samples: draws that recall searches; None: 180,000, of images 2,000.
    recall_targets: real samples whose recall is asked, and whose codes convexity takes; None: 10,000, of images 2,000.
    clouds: generated and real clouds that sets are compared by, so many of each.
    k: neighbours of prdc, between samples and recall targets, and of convexity, between codes.
    interval: of images whose factors are known, degrees between the ends of paths compared with true images; None: as
        published, 80 for errors and 70 where alpha is retrieved.
    intervals: pairs of every length of interval.
    retrieval: distance by which the nearest real image is found, "l2", "l1" or "cosine"; None: as published.
    kmeans_restarts: runs of k-means, of which the best counts.
    labelled: training samples whose labels a classifier learns, with interpolations and without.
    task: one of TASKS, which a pose prior does in place of the metrics; None: none.
    poses: test poses of a task, and so many frames of clips.
    masks: of the joints that a task hides, "left-arm,13+14,random"; None: all of its own.
    hypotheses: completions of every pose.
    starts: what a model's fit begins from, "neighbours" in the training poses, or "random" codes, ten a pose.
    unit, up, joints: as of an interpolation; shape: what the array of a file is taken for; None: as its axes say.
    jobs: processes that search a reference beyond memory.
    """

    metrics: tuple[str, ...] = ()
    compat: str | None = None
    weights: str = "last"
    split: Literal["test", "validation"] = "test"
    sample_posterior: bool = False
    path: str | None = None
    endpoints: int = size(128, quick=6)
    steps: int = 100
    random_pairs: int | None = size(None, quick=20)
    random_steps: int | None = None
    draws: Draws = "prior"
    samples: int | None = size(None, quick=100)
    recall_samples: int | None = size(None, quick=200)
    recall_targets: int | None = size(None, quick=50)
    clouds: int = size(200, quick=20)
    k: int = 5
    interval: float | None = None
    intervals: int = size(72, quick=4)
    retrieval: str | None = None
    kmeans_restarts: int = size(100, quick=2)
    labelled: int = 100
    task: str | None = None
    poses: int = size(2000, quick=20)
    masks: str | None = None
    hypotheses: int = size(10, quick=2)
    starts: Literal["neighbours", "random"] = "neighbours"
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None
    shape: Literal["paths", "samples"] | None = None
    jobs: int = 1


# Frames a second of paths, which have no clock.
PATH_FPS = 25.0


@dataclass(frozen=True)
class RenderOptions:
    """The options of a drawing.

    fps: frames a second; None: the clips' own, and PATH_FPS of what has no clock.
    size: pixels of one panel's side, of which tiles in a PNG are a part.
    columns: samples a row; 0: as many as suit.
    most: panels, or rows, of one subject; 0: as many as suit.
    labels: one for each subject; (): their own.
    turntable: whether single poses are turned.
    crossfade: whether that of pixels stands beside images; None: beside paths, not beside blocks.
    styles, clusters, quantiles: of a model of images, whether test images are drawn under every label; its clusters,
        each with its head; what it decodes at the quantiles of its prior.
    unit, up, joints, shape: as of an evaluation.
    """

    fps: float | None = None
    size: int = 320
    columns: int = 0
    most: int = 0
    labels: tuple[str, ...] = ()
    turntable: bool = False
    crossfade: bool | None = None
    styles: bool = False
    clusters: bool = False
    quantiles: bool = False
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None
    shape: Literal["paths", "samples"] | None = None


@dataclass(frozen=True)
class ExportOptions:
    """The options of an export.

    weights: of a model, "last" or "best" by validation error.
    part: of a model, where a format can hold one alone: "encoder", "decoder", or "both".
    fps: frames a second of a motion; None: its own.
    unit, up, joints: as of an interpolation.
    """

    weights: Literal["last", "best"] = "last"
    part: Literal["both", "encoder", "decoder"] = "both"
    fps: float | None = None
    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None


PlotKind = Literal[
    "auto", "transitions", "peaks", "errors", "retrieval", "distances", "convexity", "training-curve", "path",
    "training", "map", "manifold", "prior", "tsne", "sweep", "entanglement",
]  # fmt: skip
Projection = Literal["auto", "pca", "tsne", "umap"]


@dataclass(frozen=True)
class PlotOptions:
    """The options of a figure.

    kind: what it shows; "auto": what suits the subjects.
    metrics: of a training curve or a sweep; (): the headline ones; "all": all.
    by: what colours a map, a factor, label, or a clip's name, action or subject, or draws, speed, density; None: the
        first that is known.
    dimensions: 2 or 3, of a map; None: as many as its codes have, or 2.
    projection: of a map; "auto": codes of two or three dimensions as they are, others by their principal components.
    joints: as of an interpolation; paths are drawn alike in any unit, and whatever is up.
    """

    kind: PlotKind = "auto"
    metrics: tuple[str, ...] = ()
    by: str | None = None
    dimensions: int | None = None
    projection: Projection = "auto"
    joints: LayoutName | None = None


@dataclass(frozen=True)
class ExploreOptions:
    """The options of an explorer's page.

    points: samples on the map, at most, evenly spread over the dataset.
    real: those of them, at most, that are looked through for the nearest real one.
    attributes: refs of attribute artifacts of the models, whose vectors become sliders.
    weights: "last", or "best" by validation error.
    """

    points: int = size(20_000, quick=200)
    real: int = size(2_000, quick=50)
    attributes: tuple[str, ...] = ()
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class ReportOptions:
    """The options of a report.

    published: the table whose figures stand beside, as `compare` has them; None: none.
    most: models whose paths and draws are shown, at most.
    draws: from each model's prior.
    real: samples that are looked through for the nearest real one, at most.
    weights: "last", or "best" by validation error.
    """

    published: str | None = None
    most: int = 12
    draws: int = 6
    real: int = size(20_000, quick=200)
    weights: Literal["last", "best"] = "last"


# Regularizers that go together under one name, with their weights, which --lam multiplies.
RECIPES: dict[str, dict[str, float]] = {
    "posectl": {"smooth": 0.0025, "cycle": 0.004, "speed": 0.0012, "near": 0.1, "cover": 0.24},
}
# The same without --lam: how hard terms pull against the reconstruction, all as hard as a price allows. They act at
# every other step, on paths alone: draws are the density's, which terms of draws brought no nearer.
PRICED: dict[str, dict[str, float]] = {
    "posectl": {"smooth": 0.3, "speed": 0.4, "near": 1.5, "density": 0.0, "price": 0.0},
}
PRICED_SETTINGS: dict[str, tuple[str, ...]] = {"posectl": ("near.among=2048", "near.samples=0")}
