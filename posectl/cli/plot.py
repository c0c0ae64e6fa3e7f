"""posectl plot: figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def plot(
    session: Session,
    subjects: Annotated[
        list[str],
        typer.Argument(metavar="SUBJECT...", help="Scores, paths, models or sweeps.", autocompletion=complete.refs),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .png, .pdf or .svg.")],
    kind: Annotated[
        Literal["auto", "transitions", "path", "training", "sweep"],
        typer.Option(help="Which figure (default: by the subjects)."),
    ] = "auto",
) -> None:
    """Plot transitions (of scores or a path), training curves (of models), or metrics against lambda (of sweeps).

    \b
    Examples:
      posectl plot plain-scores acai-scores -o smoothness.png
      posectl plot acai-paths#0 -o path.png
      posectl plot acai -o training.png
      posectl plot acai-sweep -o lambda.pdf
    """
    from posectl.stages.plot import plot as stage

    session.out.data(str(output), stage(session.run(), subjects, output, kind=kind))
