"""posectl train: an autoencoder under regularizers."""

from __future__ import annotations

from typing import Annotated

import typer

from posectl.cli import complete, training
from posectl.cli.command import Session, command
from posectl.cli.root import app
from posectl.cli.training import DEFAULT


def _list_regularizers(wanted: bool) -> None:
    if not wanted:
        return
    for name, doc in complete.regularizer_docs().items():
        summary, _, body = doc.partition("\n\n")
        paper = " ".join(body.partition("Source: ")[2].split())
        typer.echo(f"{name:12} {summary}" + (f"\n{'':12} {paper}" if paper else ""))
    raise typer.Exit


@command(app)
def train(
    session: Session,
    dataset: training.Dataset = None,
    reg: training.Reg = None,
    lam: Annotated[
        list[float] | None,
        typer.Option("--lam", help="Its weight, one for each --reg (default: as published)."),
    ] = None,
    set_: training.Set = None,
    latent: Annotated[int, typer.Option(min=1, help="Size of a code.")] = DEFAULT.latent,
    prior: training.Prior = None,
    net: training.Net = None,
    widths: training.Widths = training.WIDTHS,
    activation: training.Activation = DEFAULT.activation,
    batch_norm: training.BatchNorm = DEFAULT.batch_norm,
    depth: training.Depth = DEFAULT.depth,
    latent_width: training.LatentWidth = DEFAULT.latent_width,
    preset: training.Preset = "sensible",
    steps: training.Steps = DEFAULT.steps,
    batch: training.Batch = DEFAULT.batch,
    lr: training.Rate = DEFAULT.lr,
    lr_adversary: training.AdversaryRate = None,
    betas: training.Betas = training.BETAS,
    precision: training.Precision = DEFAULT.precision,
    pairing: training.Pairing = DEFAULT.pairing,
    evaluate_every: training.EvaluateEvery = DEFAULT.evaluate_every,
    checkpoint_every: training.CheckpointEvery = DEFAULT.checkpoint_every,
    snapshots: training.Snapshots = DEFAULT.snapshots,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue this run's last checkpoint, bit for bit."),
    ] = False,
    rotate: training.Rotate = DEFAULT.rotate,
    degrees: training.Degrees = DEFAULT.degrees,
    flip: training.Flip = DEFAULT.flip,
    list_reg: Annotated[
        bool, typer.Option("--list-reg", callback=_list_regularizers, is_eager=True, help="List the regularizers.")
    ] = False,
) -> None:
    """Train an autoencoder and publish it as a model artifact.

    \b
    Examples:
      posectl train --reg acai --lam 0.3
      posectl train poses --reg acai --lam 0.1 --set acai.gamma=0.05 --latent 16 --name acai16
      posectl train --reg acai --lam 0.3 --resume
    """
    given = training.options_among(locals()) | {"lam": tuple(lam or ())}
    from posectl.stages.train import train as stage

    run, options = training.resolved(session, given, preset)
    result = stage(run, dataset, options, resume=resume)
    figures = result.figures
    last, best = (training.error(figures[key], figures["unit"]) for key in ("test_error", "best_test_error"))
    losses = ", ".join(f"{name} {value:.4g}" for name, value in figures["losses"].items())
    rows = [("test error", f"{last} at the end, {best} at its best (step {figures['best_step']})"), ("losses", losses)]
    session.out.rows(rows, title=result.ref)
    session.out.result(result)
