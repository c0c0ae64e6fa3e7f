"""posectl sample: fresh draws from a model's prior."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import SampleOptions

DEFAULT = SampleOptions()


@command(app)
def sample(
    session: Session,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="Model that decodes.",
            show_default="the newest",
            autocompletion=complete.refs_of("model"),
        ),
    ] = None,
    weights: Annotated[Literal["last", "best"], option("Model", "Weights of the model.")] = DEFAULT.weights,
    count: Annotated[int, option("Options", "Number of draws.", "--count", "-n", metavar="N")] = DEFAULT.count,
    output: Annotated[
        str | None,
        option("Output", "Write the array as .npy too; - is standard output.", "--output", "-o", metavar="FILE"),
    ] = None,
) -> None:
    """Decode draws from the prior into a samples artifact.

    \b
    Example:
      posectl sample acai -n 1000
    """
    from posectl.cli.files import write_array

    write_array(session, session.lab().sample(model, count, weights=weights), "samples", output)
