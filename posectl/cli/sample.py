"""posectl sample: fresh draws from a model's prior."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app
from posectl.stages.options import SampleOptions

DEFAULT = SampleOptions()


@command(app)
def sample(
    session: Session,
    model: Annotated[
        str | None, typer.Argument(help="Model (default: the newest).", autocompletion=complete.refs)
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="How many.")] = DEFAULT.count,
    weights: Annotated[Literal["last", "best"], typer.Option(help="Weights of the model.")] = DEFAULT.weights,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the array as .npy too; - is stdout.")
    ] = None,
) -> None:
    """Decode draws from the prior into a samples artifact.

    \b
    Example:
      posectl sample acai -n 1000
    """
    from posectl.cli.files import write_array
    from posectl.stages.sample import sample as stage

    write_array(session, stage(session.run(), model, SampleOptions(count, weights)), "samples", output)
