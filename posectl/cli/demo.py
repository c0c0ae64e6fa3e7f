"""posectl demo: the whole chain at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app


@command(app, makes=False)
def demo(
    session: Session,
    steps: Annotated[
        int,
        option("Optimiser", "Number of training steps of each model.", metavar="N", min=100),
    ] = 6000,
    output: Annotated[
        Path,
        option("Output", "Folder for the pictures and the table.", "--output", "-o", metavar="DIR"),
    ] = Path("posectl-demo"),
) -> None:
    """Prepare the embedded mannequin, train a plain autoencoder, ACAI and posectl's recipe, score and draw them.

    It takes two to four minutes on two cores.

    \b
    Example:
      posectl demo -o posectl-demo
    """
    from posectl.stages.comparison.tables import as_json

    made = session.lab().demo(output, steps=steps)
    table = made.comparison
    session.out.tell(["", *made.explanation, "", *(f"  {path}" for path in made.files), ""])
    session.out.data(
        table.as_text("md"),
        {
            "refs": made.refs,
            "files": [str(path) for path in made.files],
            "explanation": made.explanation,
            **as_json(table),
        },
    )
