"""posectl compare: scores side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def compare(
    session: Session,
    scores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCORES]...",
            help="Scores, or models and sweeps by their newest scores (default: all).",
            autocompletion=complete.refs,
        ),
    ] = None,
    format_: Annotated[Literal["md", "csv", "latex", "json"], typer.Option("--format", help="Of the table.")] = "md",
    published: Annotated[
        Literal["d8", "d16", "lines"] | None,
        typer.Option(help="Set the pose report's Table I, or ACAI's Table 1, beside them."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Only these metrics.", autocompletion=complete.metrics)
    ] = None,
    seeds: Annotated[
        bool,
        typer.Option("--seeds", help="One column for models that differ in seed alone: mean and spread over seeds."),
    ] = False,
    ratio: Annotated[bool, typer.Option("--ratio", help="Figures as multiples of the first subject's.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
) -> None:
    """Print a table of scores, the way of the pose report's Table I.

    Beside scores of images stand those of the pixel cross-fade, and beside those of lines a perfect path's.

    \b
    Examples:
      posectl compare
      posectl compare plain acai:v1 acai:v2 --published d8 --format latex -o table.tex
      posectl compare plain acai --published lines
      posectl compare plain-sweep posectl-sweep --seeds --ratio
    """
    from posectl.cli.files import write_bytes
    from posectl.cli.values import names
    from posectl.stages.compare import compare as stage
    from posectl.stages.comparison.tables import as_json

    table = stage(
        session.run(), scores or [], published=published, metrics=names(metric) or (), seeds=seeds, ratio=ratio
    )
    for warning in table.warnings:
        session.out.warn(warning)
    text = table.as_text(format_)
    if output is not None:
        write_bytes(output, (text + "\n").encode(), force=session.force)
        session.out.data(str(output), {"path": str(output), **as_json(table)})
    else:
        session.out.data(text, as_json(table))
