"""The options of the stages, and their defaults: plain dataclasses, so that the command line can show them cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class TrainOptions:
    """reg, lam: regularizers and their weights, in pairs (no lam: each one's published weight). set: settings of
    regularizers, "acai.gamma=0.05". prior, net None: by what the samples are, "sphere" and "mlp" for poses, "normal"
    and "conv" for images. widths: hidden layers of the mlp's encoder; depth: feature maps of a convolutional net's
    first layer; latent_width: side of the conv net's latent map. betas: Adam's. precision: of matrix products.
    pairing: "reverse" interpolates between the batch and itself reversed, "halves" as the pose report does. rotate:
    "up", "view" or "none"; degrees, flip: the augmentation of poses. evaluate_every: steps between test errors;
    checkpoint_every: 0 for twice a minute; snapshots: how many times on the way, evenly, the autoencoder is kept, for
    `evaluate --weights step-N`."""

    reg: tuple[str, ...] = ("none",)
    lam: tuple[float, ...] = ()
    set: tuple[str, ...] = ()
    latent: int = 8
    steps: int = 20_000
    batch: int = 64
    lr: float = 1e-3
    lr_adversary: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    prior: str | None = None
    net: str | None = None
    widths: tuple[int, ...] = (256, 256)
    activation: str = "leaky_relu"
    batch_norm: bool = False
    depth: int = 16
    latent_width: int = 2
    precision: Literal["fp32", "tf32", "bf16"] = "fp32"
    pairing: Literal["reverse", "halves"] = "reverse"
    rotate: Literal["up", "view", "none"] = "up"
    degrees: float = 30.0
    flip: bool = True
    evaluate_every: int = 500
    checkpoint_every: int = 0
    snapshots: int = 0


@dataclass(frozen=True)
class Axes:
    """What a sweep varies. lam: a list for each regularizer (none: each one's published weight); latent: sizes. Lists
    are multiplied, or paired if zip. seeds: how many, from the run's own on, at every point."""

    lam: tuple[tuple[float, ...], ...] = ()
    latent: tuple[int, ...] = (8,)
    seeds: int = 1
    zip: bool = False


@dataclass(frozen=True)
class InterpolateOptions:
    """path None is the prior's own: slerp on the sphere, lerp elsewhere. weights: last, or best by test error. grid:
    samples on each side of a block between four ends, 0 for paths between two."""

    steps: int = 100
    path: str | None = None
    weights: Literal["last", "best"] = "last"
    grid: int = 0


@dataclass(frozen=True)
class SampleOptions:
    count: int = 1000
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class EvaluateOptions:
    """metrics: names, () for all that the subject allows. weights: "last", "best", or a snapshot's, "step-N".
    sample_posterior: a VAE's codes are draws, as published, in place of means. compat: a published protocol, "naayem"
    of poses, "acai" of images.

    endpoints: test poses whose pairs are all interpolated, for the transition metrics; steps: of those paths. walks:
    random pairs, of walk_steps each, for Mean Distance and, of images, for every metric of paths; None: 10,000 of 10
    poses, 256 of 16 images. samples: draws for precision; crowd: draws for recall; targets: real poses whose recall is
    asked. k: neighbours of prdc, between samples and targets.

    Of images whose factors are known: interval: degrees between the ends where paths are held against true images;
    intervals: pairs of every length; retrieval: how the nearest real image is told, "l2", "l1" or "cosine" (None: as
    published). inits: beginnings of k-means.
    """

    metrics: tuple[str, ...] = ()
    compat: str | None = None
    weights: str = "last"
    sample_posterior: bool = False
    path: str | None = None
    endpoints: int = 128
    steps: int = 100
    walks: int | None = None
    walk_steps: int | None = None
    samples: int = 10_000
    crowd: int = 180_000
    targets: int = 10_000
    k: int = 5
    interval: float = 80.0
    intervals: int = 72
    retrieval: str | None = None
    inits: int = 100


# Regularizers that go together under one name, with their weights; --lam multiplies them all.
RECIPES: dict[str, dict[str, float]] = {
    "posectl": {"smooth": 0.0025, "cycle": 0.004, "speed": 0.0012, "near": 0.1, "cover": 0.24},
}

# The pose report's own settings (naayem/ACAI-Enhanced-3D-Pose-Representation, experiments/h36m_acai1.yaml); its
# steps are 300 epochs of 1,000.
PRESETS: dict[str, dict[str, Any]] = {
    "sensible": {},
    "published": {
        "batch_norm": True,
        "lr": 0.01,
        "pairing": "halves",
        "rotate": "view",
        "steps": 300_000,
        "set": ("acai.gamma=0.05",),
    },
}
