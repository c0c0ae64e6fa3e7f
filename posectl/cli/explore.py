"""posectl explore: a latent space to play with, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import ExploreOptions

DEFAULT = ExploreOptions()


@command(app, makes=False)
def explore(
    session: Session,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Models of one dataset, side by side.",
            show_default="the newest",
            autocompletion=complete.refs_of("model"),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        option("Output", "File to write, .html; without it the page is served here.", "--output", "-o", metavar="FILE"),
    ] = None,
    browser: Annotated[bool, option("Output", "Open the served page in a browser.", "--browser/--no-browser")] = True,
    port: Annotated[int, option("Output", "Port to serve it at; 0: a free one.", metavar="N", min=0, max=65535)] = 0,
    points: Annotated[int, option("Page", "Samples on the map, at most.", metavar="N")] = DEFAULT.points,
    real: Annotated[int, option("Page", "Real samples to compare with, at most.", metavar="N")] = DEFAULT.real,
    attribute: Annotated[
        list[str] | None,
        option(
            "Page",
            "Attribute vectors that become sliders; repeat for more.",
            "--attribute",
            metavar="REF",
            show_default="none",
            autocompletion=complete.refs_of("attribute"),
        ),
    ] = None,
    weights: Annotated[Literal["last", "best"], option("Page", "Weights of the models.")] = DEFAULT.weights,
) -> None:
    """Play with the latent space of models in a browser.

    The page is one file that fetches nothing: the decoder runs in it. Drag the ends of a path over the map of codes,
    pick them by label, draw them, and see the path decoded, its speed and bone lengths, and the nearest real sample.

    \b
    Examples:
      posectl explore
      posectl explore plain acai posectl -o explore.html
    """
    made = session.lab().explore(
        models or (), output, points=points, real=real, attributes=attribute or (), weights=weights
    )
    if output is not None:
        session.out.data(str(output), {"path": str(output), "bytes": made.bytes, "models": list(made.models)})
        return
    made.serve(port, browser=browser, tell=session.out.tell)
