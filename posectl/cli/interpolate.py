"""posectl interpolate: the decoded path between two samples."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app
from posectl.stages.options import InterpolateOptions

DEFAULT = InterpolateOptions()


@command(app)
def interpolate(
    session: Session,
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="First end: a .npy file, or a sample of a dataset, poses#12.",
            autocompletion=complete.refs,
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Last end.", autocompletion=complete.refs)],
    model: Annotated[
        str | None, typer.Option("--model", help="Model (default: the newest).", autocompletion=complete.refs)
    ] = None,
    steps: Annotated[int, typer.Option(help="Poses on the path, both ends included.")] = DEFAULT.steps,
    path: Annotated[
        str | None, typer.Option(help="slerp, lerp, lerp-sphere or circle (default: the prior's own).")
    ] = None,
    weights: Annotated[Literal["last", "best"], typer.Option(help="Weights of the model.")] = DEFAULT.weights,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the array as .npy too; - is stdout.")
    ] = None,
) -> None:
    """Decode the path between the codes of two samples into a paths artifact.

    \b
    Examples:
      posectl interpolate a.npy b.npy --steps 100
      posectl interpolate poses#12 poses#3456 --model acai:v2
    """
    from posectl.cli.files import write_array
    from posectl.stages.interpolate import interpolate as stage

    write_array(session, stage(session.run(), a, b, model, InterpolateOptions(steps, path, weights)), "paths", output)
