"""The options of a training, as `train` and `sweep` take them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session
from posectl.stages.options import PRESETS, TrainOptions

if TYPE_CHECKING:
    from posectl.stages.run import Run

DEFAULT = TrainOptions()
WIDTHS = ",".join(map(str, DEFAULT.widths))
BETAS = ",".join(map(str, DEFAULT.betas))

Dataset = Annotated[str | None, typer.Argument(help="Dataset (default: the newest).", autocompletion=complete.refs)]
Reg = Annotated[
    list[str] | None,
    typer.Option("--reg", help="Regularizer; repeatable.", autocompletion=complete.regularizers),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="REG.KEY=VALUE", help="A setting of a regularizer: acai.gamma=0.05."),
]
Prior = Annotated[
    Literal["sphere", "normal"] | None,
    typer.Option(help="Where codes live (default: sphere for poses, normal for images)."),
]
Net = Annotated[str | None, typer.Option(help="Network: mlp, conv or vgg (default: mlp for poses, conv for images).")]
Depth = Annotated[int, typer.Option(min=1, help="Feature maps of a convolutional net's first layer.")]
LatentWidth = Annotated[int, typer.Option(min=1, help="Side of the conv net's latent map.")]
Betas = Annotated[str, typer.Option(metavar="N,N", help="Adam's betas.")]
Precision = Annotated[Literal["fp32", "tf32", "bf16"], typer.Option(help="Of matrix products.")]
Widths = Annotated[str, typer.Option(metavar="N,N", help="Hidden layers of the encoder.")]
Activation = Annotated[str, typer.Option(help="leaky_relu, relu, elu, gelu, silu or tanh.")]
BatchNorm = Annotated[bool, typer.Option("--batch-norm/--no-batch-norm", help="Batch normalisation.")]
Preset = Annotated[
    Literal["sensible", "published"],
    typer.Option(help="Defaults of everything here: ours, or the pose report's own."),
]
Steps = Annotated[int, typer.Option(min=1, help="Training steps.")]
Batch = Annotated[int, typer.Option(min=2, help="Samples a step.")]
Rate = Annotated[float, typer.Option(help="Adam's learning rate.")]
AdversaryRate = Annotated[float | None, typer.Option(help="That of critics (default: the same).")]
Pairing = Annotated[
    Literal["reverse", "halves"],
    typer.Option(help="Who interpolates with whom: the batch reversed, or its halves."),
]
EvaluateEvery = Annotated[int, typer.Option(min=1, help="Steps between test errors.")]
CheckpointEvery = Annotated[int, typer.Option(min=0, help="Steps between checkpoints; 0: every half minute.")]
Snapshots = Annotated[
    int, typer.Option(min=0, help="Keep the autoencoder so many times on the way, for evaluate --weights.")
]
Rotate = Annotated[
    Literal["up", "view", "none"],
    typer.Option(help="Turn about the vertical, or in the image plane."),
]
Degrees = Annotated[float, typer.Option(help="By up to so much.")]
Flip = Annotated[bool, typer.Option("--flip/--no-flip", help="Swap left and right.")]


def options_among(parameters: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, Any]:
    """Those of a command's parameters, as its locals() are at its beginning, that are options of a training."""
    named = {name.removesuffix("_"): value for name, value in parameters.items()}
    return {field.name: named[field.name] for field in fields(TrainOptions) if field.name not in but}


def resolved(session: Session, given: dict[str, Any], preset: str) -> tuple[Run, TrainOptions]:
    """The surroundings and options of a training: values as typer gave them, with a preset's where none was asked."""
    from posectl.cli.values import integers, numbers

    given = {
        **given,
        "reg": tuple(given["reg"] or DEFAULT.reg),
        "set": tuple(given["set"] or ()),
        "widths": integers(given["widths"], "--widths"),
        "betas": numbers(given["betas"], "--betas"),
    }
    run = session.run()
    sources = dict(run.sources)
    sources["set"] = sources.pop("set_", "default")
    for key, value in PRESETS[preset].items():
        if sources.get(key, "default") == "default":
            given[key], sources[key] = value, f"preset {preset}"
    # A preset's settings are for those regularizers that are used.
    given["set"] = tuple(s for s in given["set"] if sources["set"] == "flag" or s.partition(".")[0] in given["reg"])
    run.sources = sources
    return run, TrainOptions(**given)


def error(value: float, unit: str) -> str:
    """A test error as people read it."""
    return f"{1000 * value:.2f} mm" if unit == "m" else f"{value:.4g}"
