"""The options of a training, as `train` and `sweep` take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session
from posectl.cli.help import Options, parameter
from posectl.core.nets import NETS
from posectl.stages.options import PRESETS, TrainOptions

if TYPE_CHECKING:
    from posectl.api.lab import Lab
    from posectl.stages.run import Run

DEFAULT = TrainOptions()

Dataset = Annotated[
    str | None,
    typer.Argument(
        metavar="DATASET", help="Dataset to train on.", show_default="the newest", autocompletion=complete.refs
    ),
]


def options(lam: tuple[Any, Any], latent: tuple[Any, Any]) -> Options:
    """Return every option, by the names of TrainOptions and `preset`.

    lam and latent: those of the command's own, which are one value each of a model, lists of a sweep.
    """
    return {
        "rotate": parameter(
            Literal["up", "view", "none"], DEFAULT.rotate, "Data",
            "Axis about which poses are turned at random: the vertical, or the optical axis.",
        ),
        "degrees": parameter(
            float, DEFAULT.degrees, "Data", "Rotation range of the augmentation, degrees.", metavar="X"
        ),
        "flip": parameter(bool, DEFAULT.flip, "Data", "Mirror half of the poses, left for right.", "--flip/--no-flip"),
        "net": parameter(
            str | None, None, "Model", f"Network: {', '.join(NETS.built_in())}.", metavar="NAME",
            show_default="mlp; of images conv",
        ),
        "latent": latent,
        "prior": parameter(
            Literal["sphere", "normal"] | None, None, "Model",
            "Distribution of the codes: uniform on the unit sphere, or normal.",
            show_default="sphere; of images normal",
        ),
        "set": parameter(
            list[str] | None, None, "Model",
            "A setting of the network or of a regularizer, such as mlp.widths=512,512, conv.depth=16 or "
            "acai.gamma=0.05; may be repeated.", metavar="NAME.KEY=VALUE", show_default="none",
        ),
        "reg": parameter(
            list[str] | None, None, "Objective", "Name of a regularizer (see --list-reg); may be repeated.",
            metavar="NAME", show_default=", ".join(DEFAULT.reg), autocompletion=complete.regularizers,
        ),
        "lam": lam,
        "pairing": parameter(
            Literal["reverse", "halves"], DEFAULT.pairing, "Objective",
            "Samples that are interpolated: the batch and itself reversed, or its halves.",
        ),
        "preset": parameter(
            Literal["sensible", "published"], "sensible", "Optimiser",
            "Defaults of all options: posectl's own, or those of the pose report.",
        ),
        "steps": parameter(int, DEFAULT.steps, "Optimiser", "Number of training steps.", metavar="N", min=1),
        "batch": parameter(int, DEFAULT.batch, "Optimiser", "Batch size.", metavar="N", min=2),
        "lr": parameter(float, DEFAULT.lr, "Optimiser", "Learning rate of Adam.", metavar="X"),
        "lr_adversary": parameter(
            float | None, None, "Optimiser", "Learning rate of critics and discriminators.", metavar="X",
            show_default="--lr",
        ),
        "betas": parameter(
            str, ",".join(map(str, DEFAULT.betas)), "Optimiser", "Betas of Adam.", metavar="X,X"
        ),
        "precision": parameter(
            Literal["fp32", "tf32", "bf16"], DEFAULT.precision, "Optimiser", "Precision of matrix products."
        ),
        "evaluate_every": parameter(
            int, DEFAULT.evaluate_every, "Output", "Steps from one test error to the next.", metavar="N", min=1
        ),
        "checkpoint_every": parameter(
            int, DEFAULT.checkpoint_every, "Output", "Steps from one checkpoint to the next; 0: half a minute.",
            metavar="N", min=0,
        ),
        "snapshots": parameter(
            int, DEFAULT.snapshots, "Output",
            "Number of times that the weights are kept on the way, for `evaluate --weights`.", metavar="N", min=0,
        ),
    }  # fmt: skip


def resolved(
    session: Session, shared: Mapping[str, Any], dataset: str | None, **own: Any
) -> tuple[Lab, dict[str, Any]]:
    """Return the lab and the options of a training on this dataset: values as typer gave them, a preset's where none
    was asked for, and the command's own."""
    from posectl.api.lab import Lab
    from posectl.cli.values import numbers

    given = {**shared, **own}
    preset = given.pop("preset")
    given |= {
        "reg": tuple(given["reg"] or DEFAULT.reg),
        "set": tuple(given["set"] or ()),
        "betas": numbers(given["betas"], "--betas"),
    }
    run = session.run()
    sources = dict(run.sources)
    for key, value in PRESETS[preset].items():
        if sources.get(key, "default") == "default":
            given[key], sources[key] = value, f"preset {preset}"
    if sources["set"].startswith("preset"):  # its settings are for those regularizers and that network that are used
        used = {*given["reg"], given["net"] or _default_net(run, dataset)}
        given["set"] = tuple(setting for setting in given["set"] if setting.partition(".")[0] in used)
    return Lab(replace(run, sources=sources)), given


def _default_net(run: Run, dataset: str | None) -> str:
    """Return the name of the network that suits a dataset; an empty store is given the mannequin first."""
    from posectl.stages.training.dataset import training_set

    return training_set(run, dataset).kind.net


def error(value: float, unit: str) -> str:
    """Write a test error as people read it."""
    return f"{1000 * value:.2f} mm" if unit == "m" else f"{value:.4g}"
