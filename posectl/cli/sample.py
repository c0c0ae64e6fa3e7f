"""posectl sample: fresh draws from a model's prior."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import ArrayFile, Weights
from posectl.cli.help import option, parameter
from posectl.cli.root import app
from posectl.stages.options import Draws, SampleOptions

DEFAULT = SampleOptions()

DRAWS: tuple[Any, Any] = parameter(
    Draws, DEFAULT.draws, "Model", "Distribution of new codes: the model's own, or one fitted to training codes.",
)  # fmt: skip


@command(app, shared={"draws": DRAWS})
def sample(
    session: Session,
    shared: dict[str, Any],
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="Model that decodes.",
            show_default="the newest",
            autocompletion=complete.refs_of("model"),
        ),
    ] = None,
    weights: Weights = DEFAULT.weights,
    count: Annotated[int, option("Options", "Number of draws.", "--count", "-n", metavar="N")] = DEFAULT.count,
    output: ArrayFile = None,
) -> None:
    """Decode draws from the prior into a samples artifact.

    The codes of a plain autoencoder follow no prior: --draws gaussian draws where they are.

    \b
    Examples:
      posectl sample acai -n 1000
      posectl sample plain --draws gaussian
    """
    from posectl.cli.files import write_array

    write_array(session, session.lab().sample(model, count, weights=weights, **shared), "samples", output)
