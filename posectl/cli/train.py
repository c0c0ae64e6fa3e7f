"""posectl train: an autoencoder under regularizers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app
from posectl.stages.options import PRESETS, TrainOptions

DEFAULT = TrainOptions()
MODEL, TRAINING, AUGMENTATION = "Model", "Training", "Augmentation of poses"


def _list_regularizers(wanted: bool) -> None:
    if not wanted:
        return
    for name, doc in complete.regularizer_docs().items():
        summary, _, body = doc.partition("\n\n")
        typer.echo(f"{name:12} {summary}\n{'':12} {' '.join(body.split())}")
    raise typer.Exit


@command(app)
def train(
    session: Session,
    dataset: Annotated[
        str | None, typer.Argument(help="Dataset (default: the newest).", autocompletion=complete.refs)
    ] = None,
    reg: Annotated[
        list[str] | None,
        typer.Option(
            "--reg", help="Regularizer; repeatable.", autocompletion=complete.regularizers, rich_help_panel=MODEL
        ),
    ] = None,
    lam: Annotated[
        list[float] | None,
        typer.Option("--lam", help="Its weight, one for each --reg (default: as published).", rich_help_panel=MODEL),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="REG.KEY=VALUE", help="A setting of a regularizer: acai.gamma=0.05.", rich_help_panel=MODEL
        ),
    ] = None,
    latent: Annotated[int, typer.Option(min=1, help="Size of a code.", rich_help_panel=MODEL)] = DEFAULT.latent,
    prior: Annotated[
        Literal["sphere", "normal"], typer.Option(help="Where codes live.", rich_help_panel=MODEL)
    ] = DEFAULT.prior,  # type: ignore[assignment]
    net: Annotated[str, typer.Option(help="Network.", rich_help_panel=MODEL)] = DEFAULT.net,
    widths: Annotated[
        str, typer.Option(metavar="N,N", help="Hidden layers of the encoder.", rich_help_panel=MODEL)
    ] = ",".join(map(str, DEFAULT.widths)),
    activation: Annotated[
        str, typer.Option(help="leaky_relu, relu, elu, gelu, silu or tanh.", rich_help_panel=MODEL)
    ] = DEFAULT.activation,
    batch_norm: Annotated[
        bool, typer.Option("--batch-norm/--no-batch-norm", help="Batch normalisation.", rich_help_panel=MODEL)
    ] = DEFAULT.batch_norm,
    preset: Annotated[
        Literal["sensible", "published"],
        typer.Option(help="Defaults of everything here: ours, or the pose report's own.", rich_help_panel=TRAINING),
    ] = "sensible",
    steps: Annotated[int, typer.Option(min=1, help="Training steps.", rich_help_panel=TRAINING)] = DEFAULT.steps,
    batch: Annotated[int, typer.Option(min=2, help="Samples a step.", rich_help_panel=TRAINING)] = DEFAULT.batch,
    lr: Annotated[float, typer.Option(help="Adam's learning rate.", rich_help_panel=TRAINING)] = DEFAULT.lr,
    lr_adversary: Annotated[
        float | None, typer.Option(help="That of critics (default: the same).", rich_help_panel=TRAINING)
    ] = None,
    pairing: Annotated[
        Literal["reverse", "halves"],
        typer.Option(help="Who interpolates with whom: the batch reversed, or its halves.", rich_help_panel=TRAINING),
    ] = DEFAULT.pairing,
    evaluate_every: Annotated[
        int, typer.Option(min=1, help="Steps between test errors.", rich_help_panel=TRAINING)
    ] = DEFAULT.evaluate_every,
    checkpoint_every: Annotated[
        int, typer.Option(min=0, help="Steps between checkpoints; 0: every half minute.", rich_help_panel=TRAINING)
    ] = DEFAULT.checkpoint_every,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue this run's last checkpoint, bit for bit.", rich_help_panel=TRAINING),
    ] = False,
    rotate: Annotated[
        Literal["up", "view", "none"],
        typer.Option(help="Turn about the vertical, or in the image plane.", rich_help_panel=AUGMENTATION),
    ] = DEFAULT.rotate,
    degrees: Annotated[float, typer.Option(help="By up to so much.", rich_help_panel=AUGMENTATION)] = DEFAULT.degrees,
    flip: Annotated[
        bool, typer.Option("--flip/--no-flip", help="Swap left and right.", rich_help_panel=AUGMENTATION)
    ] = DEFAULT.flip,
    list_reg: Annotated[
        bool, typer.Option("--list-reg", callback=_list_regularizers, is_eager=True, help="List the regularizers.")
    ] = False,
) -> None:
    """Train an autoencoder and publish it as a model artifact.

    Examples:
      posectl train --reg acai --lam 0.3
      posectl train poses --reg acai --lam 0.1 --set acai.gamma=0.05 --latent 16 --name acai16
      posectl train --reg acai --lam 0.3 --resume
    """
    from posectl.cli.values import integers
    from posectl.stages.train import train as stage

    given: dict[str, Any] = {
        "reg": tuple(reg or DEFAULT.reg),
        "lam": tuple(lam or ()),
        "set": tuple(set_ or ()),
        "latent": latent, "prior": prior, "net": net, "widths": integers(widths, "--widths"), "activation": activation,
        "batch_norm": batch_norm, "steps": steps, "batch": batch, "lr": lr, "lr_adversary": lr_adversary,
        "pairing": pairing, "evaluate_every": evaluate_every, "checkpoint_every": checkpoint_every, "rotate": rotate,
        "degrees": degrees, "flip": flip,
    }  # fmt: skip
    run = session.run()
    sources = dict(run.sources)
    sources["set"] = sources.pop("set_", "default")
    for key, value in PRESETS[preset].items():
        if sources.get(key, "default") == "default":
            given[key], sources[key] = value, f"preset {preset}"
    # A preset's settings are for those regularizers that are used.
    given["set"] = tuple(s for s in given["set"] if sources["set"] == "flag" or s.partition(".")[0] in given["reg"])
    run.sources = sources
    result = stage(run, dataset, TrainOptions(**given), resume=resume)
    figures = result.figures
    last, best = (f"{1000 * figures[key]:.2f} mm" for key in ("test_error", "best_test_error"))
    losses = ", ".join(f"{name} {value:.4g}" for name, value in figures["losses"].items())
    rows = [("test error", f"{last} at the end, {best} at its best (step {figures['best_step']})"), ("losses", losses)]
    session.out.rows(rows, title=result.ref)
    session.out.result(result)
