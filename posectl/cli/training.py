"""The options of a training, as `train` and `sweep` take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session
from posectl.stages.options import PRESETS, TrainOptions

if TYPE_CHECKING:
    from posectl.stages.run import Run

DEFAULT = TrainOptions()

Dataset = Annotated[str | None, typer.Argument(help="Dataset (default: the newest).", autocompletion=complete.refs)]

# By the names of TrainOptions, but for `preset`; `lam` and `latent` are each command's own.
OPTIONS: dict[str, tuple[Any, Any]] = {
    "reg": (
        Annotated[
            list[str] | None,
            typer.Option("--reg", help="Regularizer; repeatable.", autocompletion=complete.regularizers),
        ],
        None,
    ),
    "set": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--set",
                metavar="NAME.KEY=VALUE",
                help="A setting of a regularizer or net: acai.gamma=0.05, mlp.widths=512,512.",
            ),
        ],
        None,
    ),
    "prior": (
        Annotated[
            Literal["sphere", "normal"] | None,
            typer.Option(help="Where codes live (default: sphere for poses, normal for images)."),
        ],
        None,
    ),
    "net": (
        Annotated[
            str | None, typer.Option(help="Network: mlp, conv or vgg (default: mlp for poses, conv for images).")
        ],
        None,
    ),
    "preset": (
        Annotated[
            Literal["sensible", "published"],
            typer.Option(help="Defaults of everything here: ours, or the pose report's own."),
        ],
        "sensible",
    ),
    "steps": (Annotated[int, typer.Option(min=1, help="Training steps.")], DEFAULT.steps),
    "batch": (Annotated[int, typer.Option(min=2, help="Samples a step.")], DEFAULT.batch),
    "lr": (Annotated[float, typer.Option(help="Adam's learning rate.")], DEFAULT.lr),
    "lr_adversary": (Annotated[float | None, typer.Option(help="That of critics (default: the same).")], None),
    "betas": (
        Annotated[str, typer.Option(metavar="N,N", help="Adam's betas.")],
        ",".join(map(str, DEFAULT.betas)),
    ),
    "precision": (
        Annotated[Literal["fp32", "tf32", "bf16"], typer.Option(help="Of matrix products.")],
        DEFAULT.precision,
    ),
    "pairing": (
        Annotated[
            Literal["reverse", "halves"],
            typer.Option(help="Who interpolates with whom: the batch reversed, or its halves."),
        ],
        DEFAULT.pairing,
    ),
    "evaluate_every": (
        Annotated[int, typer.Option(min=1, help="Steps between test errors.")],
        DEFAULT.evaluate_every,
    ),
    "checkpoint_every": (
        Annotated[int, typer.Option(min=0, help="Steps between checkpoints; 0: every half minute.")],
        DEFAULT.checkpoint_every,
    ),
    "snapshots": (
        Annotated[
            int, typer.Option(min=0, help="Keep the autoencoder so many times on the way, for evaluate --weights.")
        ],
        DEFAULT.snapshots,
    ),
    "rotate": (
        Annotated[Literal["up", "view", "none"], typer.Option(help="Turn about the vertical, or in the image plane.")],
        DEFAULT.rotate,
    ),
    "degrees": (Annotated[float, typer.Option(help="By up to so much.")], DEFAULT.degrees),
    "flip": (Annotated[bool, typer.Option("--flip/--no-flip", help="Swap left and right.")], DEFAULT.flip),
}


def resolved(session: Session, shared: Mapping[str, Any], **own: Any) -> tuple[Run, TrainOptions]:
    """The surroundings and options of a training: the values of `OPTIONS` as typer gave them, a preset's where none was
    asked for, and the command's own."""
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
    # A preset's settings are for those regularizers that are used.
    given["set"] = tuple(s for s in given["set"] if sources["set"] == "flag" or _is_used(s, given))
    run.sources = sources
    return run, TrainOptions(**given)


def _is_used(setting: str, given: Mapping[str, Any]) -> bool:
    name = setting.partition(".")[0]
    return name in given["reg"] or name == (given["net"] or "mlp")


def error(value: float, unit: str) -> str:
    """A test error as people read it."""
    return f"{1000 * value:.2f} mm" if unit == "m" else f"{value:.4g}"
