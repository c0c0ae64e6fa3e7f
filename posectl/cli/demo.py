"""posectl demo: the whole chain at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def demo(
    session: Session,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the pictures and the table.")] = Path(
        "posectl-demo"
    ),
    steps: Annotated[int, typer.Option(min=100, help="Training steps of each model.")] = 6000,
) -> None:
    """Prepare the embedded mannequin, train a plain autoencoder and ACAI, score them, and draw the result.

    It takes two to three minutes on two cores.
    """
    from posectl.stages.comparison.tables import as_json
    from posectl.stages.demo import demo as stage

    made = stage(session.run(), output, steps=steps)
    table = made.comparison
    session.out.tell("\n".join(["", *(f"  {path}" for path in made.files), ""]))
    session.out.data(
        table.as_text("md"), {"refs": made.refs, "files": [str(path) for path in made.files], **as_json(table)}
    )
