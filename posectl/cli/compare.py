"""posectl compare: scores side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app


@command(app, makes=False)
def compare(
    session: Session,
    scores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCORES",
            help="Scores, or models and sweeps by their newest scores.",
            show_default="all",
            autocompletion=complete.refs_of("scores", "model", "sweep"),
        ),
    ] = None,
    metric: Annotated[
        str | None,
        option("Metrics", "Metrics to show.", metavar="NAME,...", show_default="all", autocompletion=complete.metrics),
    ] = None,
    published: Annotated[
        Literal["d8", "d16", "lines"] | None,
        option(
            "Metrics",
            "Add published figures: Table I of the pose report at latent size 8 or 16, or Table 1 of ACAI.",
            show_default="none",
        ),
    ] = None,
    seeds: Annotated[
        bool,
        option(
            "Metrics", "Put models that differ in nothing but their seed into one column: mean and spread.", "--seeds"
        ),
    ] = False,
    ratio: Annotated[
        bool,
        option("Metrics", "Divide all figures by the first subject's.", "--ratio"),
    ] = False,
    format_: Annotated[
        Literal["md", "csv", "latex", "json"],
        option("Output", "Format of the table.", "--format"),
    ] = "md",
    output: Annotated[
        Path | None,
        option("Output", "File to write.", "--output", "-o", metavar="FILE", show_default="standard output"),
    ] = None,
) -> None:
    """Print a table of scores in the manner of Table I of the pose report.

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
    from posectl.stages.comparison.tables import as_json

    table = (
        session.lab()
        .compare(scores or [], published=published, metrics=names(metric) or (), seeds=seeds, ratio=ratio)
        .table
    )
    for warning in table.warnings:
        session.out.warn(warning)
    text = table.as_text(format_)
    if output is not None:
        write_bytes(output, (text + "\n").encode(), force=session.force)
        session.out.data(str(output), {"path": str(output), **as_json(table)})
    else:
        session.out.data(text, as_json(table))
