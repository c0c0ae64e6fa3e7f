"""posectl train: an autoencoder under regularizers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from posectl.cli import complete, training
from posectl.cli.command import Session, command
from posectl.cli.help import option, parameter
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


OPTIONS = training.options(
    lam=parameter(
        list[str] | None, None, "Objective", "Weight of the regularizer, one for each --reg.", metavar="X",
        show_default="as published",
    ),
    latent=parameter(
        str, str(DEFAULT.latent), "Model", "Latent size, the number of dimensions of a code.", metavar="N"
    ),
)  # fmt: skip


@command(app, shared=OPTIONS)
def train(
    session: Session,
    shared: dict[str, Any],
    dataset: training.Dataset = None,
    list_reg: Annotated[
        bool,
        option(
            "Objective", "List the regularizers, and stop.", "--list-reg", callback=_list_regularizers, is_eager=True
        ),
    ] = False,
    resume: Annotated[
        bool,
        option("Output", "Continue from the last checkpoint of this run, bit for bit.", "--resume"),
    ] = False,
) -> None:
    """Train an autoencoder and publish it as a model artifact.

    \b
    Examples:
      posectl train --reg acai --lam 0.3
      posectl train poses --reg acai --lam 0.1 --set acai.gamma=0.05 --latent 16 --name acai16
      posectl train --reg acai --lam 0.3 --resume
    """
    from posectl.cli.values import integers, numbers, one
    from posectl.stages.training.health import error_text

    options = training.resolved(
        session,
        shared,
        lam=tuple(one(numbers(text, "--lam"), text, "--lam") for text in shared["lam"] or ()),
        latent=one(integers(shared["latent"], "--latent"), shared["latent"], "--latent"),
    )
    result = session.lab().train(dataset, resume=resume, **options)
    figures = result.figures
    last, best = (error_text(figures[key], figures["unit"]) for key in ("test_error", "best_test_error"))
    losses = ", ".join(f"{name} {value:.4g}" for name, value in figures["losses"].items())
    rows = [("test error", f"{last} at the end, {best} at its best (step {figures['best_step']})"), ("losses", losses)]
    session.out.rows(rows, title=result.ref)
    session.out.result(result)
