"""The options of a training, as `train` and `sweep` take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session
from posectl.cli.help import Options, option, parameter
from posectl.core.nets import NETS
from posectl.stages.options import TrainOptions
from posectl.stages.presets import OWN

DEFAULT = TrainOptions()

Dataset = Annotated[
    str | None,
    typer.Argument(
        metavar="DATASET",
        help="Dataset to train on.",
        show_default="the newest",
        autocompletion=complete.refs_of("dataset"),
    ),
]
Log = Annotated[
    Literal["none", "csv", "tensorboard"],
    option("Output", "Log of every step to write while it trains, beside the store.", "--log"),
]
DryRun = Annotated[
    bool,
    option("Output", "Print what would be trained, its size and about how long it takes; train nothing.", "--dry-run"),
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
        "order": parameter(
            Literal["rows", "blocks"] | None, None, "Data",
            "Order of training samples: all shuffled, or blocks of files shuffled, and each by itself.",
            show_default="rows; of what exceeds POSECTL_MAX_MEMORY blocks",
        ),
        "net": parameter(
            str | None, None, "Model", f"Network: {', '.join(NETS.built_in())}.", metavar="NAME",
            show_default="mlp; of images conv, of clouds cloud",
        ),
        "latent": latent,
        "prior": parameter(
            Literal["sphere", "normal", "normal-0.2"] | None, None, "Model",
            "Distribution of the codes: uniform on the unit sphere, or normal, of deviation 1 or 0.2.",
            show_default="sphere; of images and clouds normal",
        ),
        "set": parameter(
            list[str] | None, None, "Model",
            "A setting of the network or of a regularizer, such as mlp.widths=512,512, conv.depth=16 or "
            "acai.gamma=0.05; may be repeated.", metavar="NAME.KEY=VALUE", show_default="none",
            autocompletion=complete.settings,
        ),
        "reg": parameter(
            list[str] | None, None, "Objective", "Name of a regularizer (see `posectl regularizers`); may be repeated.",
            metavar="NAME", show_default=", ".join(DEFAULT.reg), autocompletion=complete.regularizers,
        ),
        "lam": lam,
        "price": parameter(
            float | None, None, "Objective",
            "Error that --reg posectl may cost, as a multiple of the plain autoencoder's; its weights follow.",
            metavar="X", show_default="1.03",
        ),
        "labelled": parameter(
            str | None, None, "Objective",
            "Training samples whose labels are seen, drawn from every class alike: 100, 1000, or all.", metavar="N",
            show_default="all",
        ),
        "pairing": parameter(
            Literal["reverse", "halves"], DEFAULT.pairing, "Objective",
            "Samples that are interpolated: the batch and itself reversed, or its halves.",
        ),
        "preset": parameter(
            Literal["sensible", "naayem", "acai", "aae", "vqvae", "aeai", "amr", "gaia", "3d-aae", "published"], OWN,
            "Optimiser",
            "Defaults of all options: posectl's own, or a paper's: naayem (published is the same) of poses, 3d-aae "
            "of clouds, others of images.",
        ),
        "steps": parameter(int, DEFAULT.steps, "Optimiser", "Number of training steps.", metavar="N", min=1),
        "batch": parameter(int, DEFAULT.batch, "Optimiser", "Batch size.", metavar="N", min=2),
        "micro_batch": parameter(
            int | None, None, "Optimiser",
            "Samples whose gradients are taken at once, and summed in order: less memory, and the same bits on any "
            "number of ranks of torchrun.", metavar="N", min=2, show_default="the whole batch; over ranks an eighth",
        ),
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
        "best_by": parameter(
            Literal["validation", "test"], DEFAULT.best_by, "Output",
            "Split whose lowest error chooses the best weights; without a validation split they are the last. On test, "
            "as --preset naayem does, its errors measure no more what is new to the model.",
        ),
        "evaluate_every": parameter(
            int, DEFAULT.evaluate_every, "Output",
            "Steps from one error to the next, of validation samples if there are any, else of test samples.",
            metavar="N", min=1,
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


def resolved(session: Session, shared: Mapping[str, Any], **own: Any) -> dict[str, Any]:
    """Return the options of a training: values as typer gave them, and the command's own.

    Beside a preset they are those alone that somebody gave, for it fills in the rest.
    """
    from posectl.cli.values import count_or_all, numbers

    given = {**shared, **own}
    given |= {
        "reg": tuple(given["reg"] or DEFAULT.reg),
        "set": tuple(given["set"] or ()),
        "betas": numbers(given["betas"], "--betas"),
        "labelled": count_or_all(given["labelled"], "--labelled"),
    }
    if given["preset"] == OWN:
        return given
    return {key: value for key, value in given.items() if session.sources.get(key, "default") != "default"}


def minutes(seconds: float) -> str:
    """Write a time as people read it: 2:05 min."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}:{rest:02} min"
