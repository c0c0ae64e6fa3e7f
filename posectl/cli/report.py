"""posectl report: one page on trained models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import ReportOptions

DEFAULT = ReportOptions()


@command(app, makes=False)
def report(
    session: Session,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SUBJECT",
            help="Models and sweeps of one dataset.",
            show_default="the newest model",
            autocompletion=complete.refs_of("model", "sweep"),
        ),
    ] = None,
    output: Annotated[Path, option("Output", "File to write, .html.", "--output", "-o", metavar="FILE")] = Path(
        "report.html"
    ),
    published: Annotated[
        Literal["d8", "d16", "lines"] | None,
        option("Page", "Published figures beside the scores, as in compare.", show_default="none"),
    ] = None,
    most: Annotated[int, option("Page", "Models whose paths and draws are shown.", metavar="N", min=1)] = DEFAULT.most,
    draws: Annotated[int, option("Page", "Draws from each model's prior.", metavar="N", min=1)] = DEFAULT.draws,
    real: Annotated[int, option("Page", "Real samples to compare with, at most.", metavar="N", min=1)] = DEFAULT.real,
    weights: Annotated[Literal["last", "best"], option("Page", "Weights of the models.")] = DEFAULT.weights,
) -> None:
    """Write one page on trained models, to open anywhere.

    What was trained on what, with which settings; the newest scores; figures; the best, median and worst paths,
    playing; draws with the nearest real samples; and the script that makes it all again. Nothing is fetched.

    \b
    Examples:
      posectl report acai-sweep -o report.html
      posectl report plain acai --published d8 -o report.html
    """
    made = session.lab().report(
        subjects or (), output, published=published, most=most, draws=draws, real=real, weights=weights
    )
    session.out.data(str(output), {"path": str(output), "bytes": made.bytes, "models": list(made.models)})
