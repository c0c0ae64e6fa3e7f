"""Presets of a training: the settings of one paper each, with its optimiser, batch, net and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from posectl.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Preset:
    """The settings of a paper: fields of `posectl.stages.options.TrainOptions`. kind: of the samples that it trains
    on; source: where they were read; without: what is not taken, for want of it here or there."""

    kind: str
    source: str
    without: str
    options: Mapping[str, Any] = field(default_factory=dict)


# Berthelot et al.'s networks and optimiser on lines; their total of 2^24 images is so many steps of 64.
_BERTHELOT = {"lr": 1e-4, "batch": 64, "steps": 262_144, "net": "conv", "prior": "normal"}
_LINES = {**_BERTHELOT, "latent": 64}
_CONV = ("conv.depth=16", "conv.latent_width=2")

PRESETS: dict[str, Preset] = {
    "naayem": Preset(
        "poses", "naayem/ACAI-Enhanced-3D-Pose-Representation, experiments/h36m_acai1.yaml",
        "latent size and lambda were varied: 8 and 16, 0 to 2", {
            # 300 epochs of 1,000.
            "lr": 0.01, "batch": 64, "steps": 300_000, "net": "mlp", "prior": "sphere", "pairing": "halves",
            "rotate": "view", "reg": ("acai",), "lam": (0.5,), "set": ("acai.gamma=0.05", "mlp.batch_norm=true"),
            "best_by": "test",  # the authors' validation subjects are those that they test on
        },
    ),
    "acai": Preset(
        "images", "brain-research/acai, acai.py, on lines", "the classifier that is trained beside it: --reg probe",
        {**_LINES, "reg": ("acai",), "lam": (0.5,), "set": (*_CONV, "acai.gamma=0.2")},
    ),
    "aae": Preset(
        "images", "brain-research/acai, aae.py, on lines", "Makhzani et al. published no code",
        {**_LINES, "reg": ("aae",), "lam": (1.0,), "set": (*_CONV, "aae.prior=gaussian")},
    ),
    "vqvae": Preset(
        "images", "brain-research/acai, vqvae.py, on lines", "a codebook whose averages start at 0, see vqvae.py", {
            **_BERTHELOT, "latent": 256, "reg": ("vqvae",), "lam": (10.0,),
            "set": ("conv.depth=16", "conv.latent_width=4", "vqvae.restart=0"),
        },
    ),
    "aeai": Preset(
        "images", "Oring et al., 2021, section 2.3", "no optimiser, batch or length is stated: posectl's own", {
            # The paper's loss of a pair has two reconstructions to one of each term, ours a mean of both.
            "net": "vgg", "latent": 256, "prior": "normal", "reg": ("aeai",), "lam": (0.5,),
        },
    ),
    "amr": Preset(
        "images", "christopher-beckham/amr, exps/mnist/mixupfm2_lamb10.sh",
        "weight decay 1e-5, instance norm, 2,000 epochs", {
            "lr": 1e-4, "betas": (0.5, 0.99), "batch": 64, "net": "conv", "latent": 32, "prior": "normal",
            "reg": ("amr",), "lam": (1.0,), "set": ("conv.depth=16", "conv.latent_width=4", "amr.mixer=fm2"),
        },
    ),
    "gaia": Preset(
        "images", "timsainb/GAIA, network.py and its notebook",
        "MUNIT's networks with a style code, the output's sigmoid, 1,000 epochs", {
            "lr": 1e-4, "batch": 8, "net": "conv", "latent": 512, "prior": "normal",
            "reg": ("gaia",), "lam": (5e-5,),
        },
    ),
    "3d-aae": Preset(
        "clouds", "MaciejZamorski/3d-AAE, experiments/train_aae.py, settings/hyperparams.json",
        "2,000 epochs, codes drawn from a Gaussian", {
            # The authors sum the reconstruction over the batch of 50, and take the mean of the critic's scores.
            "lr": 5e-4, "batch": 50, "net": "cloud", "latent": 2048, "prior": "normal-0.2",
            "reg": ("aae-wgan",), "lam": (0.02,),
        },
    ),
}  # fmt: skip

ALIASES = {"published": "naayem"}
OWN = "sensible"
"""The name of no preset at all: posectl's own defaults."""


def check_preset(name: str) -> None:
    """Raise UsageError for a name that no preset has."""
    known = [OWN, *PRESETS, *ALIASES]
    if name not in known:
        raise UsageError(f"There is no preset {name!r}.", did_you_mean(name, known))


def with_preset(name: str, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a training on samples of a kind: those given, by name, and the preset's for the rest.

    Of its settings those are left out that are given, and those of other regularizers and nets than are used; and its
    lambda where other regularizers are given. Raises UsageError for a preset of another kind.
    """
    preset = PRESETS[ALIASES.get(name, name)]
    if preset.kind != kind:
        fitting = [f"--preset {each}" for each, other in PRESETS.items() if other.kind == kind]
        raise UsageError(
            f"--preset {name} holds a paper's settings for {preset.kind}, and the samples are {kind}.",
            f"For {kind}: {', '.join(fitting) or 'name each option'}.",
        )
    options = {**preset.options, **given}
    if "lam" not in given and tuple(options["reg"]) != preset.options["reg"]:
        del options["lam"]
    own = given.get("set", ())
    own = (own,) if isinstance(own, str) else tuple(own)
    taken = {setting.partition("=")[0] for setting in own}
    used = {*options["reg"], options["net"]}
    theirs = (setting for setting in preset.options.get("set", ()) if setting.partition(".")[0] in used)
    options["set"] = (*(setting for setting in theirs if setting.partition("=")[0] not in taken), *own)
    return options
