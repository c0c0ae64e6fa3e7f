"""posectl arithmetic: samples added and subtracted by their codes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from posectl.cli.command import Session, command
from posectl.cli.decoding import ArrayFile, Model, Weights
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.root import app
from posectl.stages.options import ArithmeticOptions

DEFAULT = ArithmeticOptions()


@command(app, shared=CONVENTIONS)
def arithmetic(
    session: Session,
    shared: dict[str, Any],
    expression: Annotated[
        str,
        typer.Argument(
            metavar="EXPRESSION", help="Samples of one dataset, or files of one, and + and - between blanks."
        ),
    ],
    model: Model = None,
    weights: Weights = DEFAULT.weights,
    output: ArrayFile = None,
) -> None:
    """Add and subtract samples by their codes, and decode the sum, brought back onto the sphere where codes are on it.

    \b
    Example:
      posectl arithmetic "poses#3 - poses#9 + poses#12" --model acai
    """
    from posectl.cli.files import write_array

    write_array(
        session, session.lab().arithmetic(expression, model=model, weights=weights, **shared), "samples", output
    )
