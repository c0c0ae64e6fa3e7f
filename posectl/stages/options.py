"""The options of the stages, and their defaults: plain dataclasses, so that the command line can show them cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class TrainOptions:
    """reg, lam: regularizers and their weights, in pairs (no lam: each one's published weight). set: settings of
    regularizers, "acai.gamma=0.05". widths: hidden layers of the encoder. pairing: "reverse" interpolates between the
    batch and itself reversed, "halves" as the pose report does. rotate: "up", "view" or "none"; degrees, flip: the
    augmentation of poses. evaluate_every: steps between test errors; checkpoint_every: 0 for twice a minute."""

    reg: tuple[str, ...] = ("none",)
    lam: tuple[float, ...] = ()
    set: tuple[str, ...] = ()
    latent: int = 8
    steps: int = 20_000
    batch: int = 64
    lr: float = 1e-3
    lr_adversary: float | None = None
    prior: str = "sphere"
    net: str = "mlp"
    widths: tuple[int, ...] = (256, 256)
    activation: str = "leaky_relu"
    batch_norm: bool = False
    pairing: Literal["reverse", "halves"] = "reverse"
    rotate: Literal["up", "view", "none"] = "up"
    degrees: float = 30.0
    flip: bool = True
    evaluate_every: int = 500
    checkpoint_every: int = 0


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
    """path None is the prior's own: slerp on the sphere, lerp elsewhere. weights: last, or best by test error."""

    steps: int = 100
    path: str | None = None
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class SampleOptions:
    count: int = 1000
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True)
class EvaluateOptions:
    """metrics: names, () for all that the subject allows. compat: "naayem" for the published protocol.

    endpoints: test poses whose pairs are all interpolated, for the transition metrics; steps: of those paths. walks:
    pairs of Mean Distance, of walk_steps each. samples: draws for precision; crowd: draws for recall; targets: real
    poses whose recall is asked. k: neighbours of prdc, between samples and targets.
    """

    metrics: tuple[str, ...] = ()
    compat: str | None = None
    weights: Literal["last", "best"] = "last"
    path: str | None = None
    endpoints: int = 128
    steps: int = 100
    walks: int = 10_000
    walk_steps: int = 10
    samples: int = 10_000
    crowd: int = 180_000
    targets: int = 10_000
    k: int = 5


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
