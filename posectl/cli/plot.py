"""posectl plot: figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import PlotKind, Projection


@command(app, makes=False, shared={"joints": CONVENTIONS["joints"]})
def plot(
    session: Session,
    shared: dict[str, Any],
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="SUBJECT",
            help="Scores, paths, models or sweeps.",
            autocompletion=complete.refs_of("scores", "paths", "model", "sweep"),
        ),
    ],
    output: Annotated[
        Path,
        option("Output", "File to write: .png, .pdf or .svg.", "--output", "-o", metavar="FILE"),
    ],
    kind: Annotated[
        PlotKind,
        option("Picture", "Kind of figure; auto: by the subjects.", metavar="KIND"),
    ] = "auto",
    metric: Annotated[
        str | None,
        option(
            "Picture",
            "Metrics of a training curve or a sweep; all: all that were scored.",
            metavar="NAME,...",
            show_default="the headline ones",
            autocompletion=complete.metrics,
        ),
    ] = None,
    by: Annotated[
        str | None,
        option(
            "Picture",
            "What colours a map: a factor, label; action, style, subject or clip; draws, speed or density.",
            metavar="NAME",
            show_default="the first known",
        ),
    ] = None,
    dimensions: Annotated[
        int | None,
        option(
            "Picture",
            "Dimensions of a map.",
            metavar="N",
            min=2,
            max=3,
            show_default="those of the codes if 2 or 3",
        ),
    ] = None,
    projection: Annotated[
        Projection,
        option("Picture", "Codes on a map; auto: as they are if 2 or 3 numbers, else pca.", metavar="NAME"),
    ] = "auto",
) -> None:
    """Plot scores, paths, models or sweeps.

    Scores (or models, by theirs): transitions over alpha; peaks, where on a path they are largest; of images whose
    factors are known also errors against true images, retrieval of alpha, and distances to both ends, with the pixel
    cross-fade beside; convexity, the share of mixed codes that lie among real ones; training-curve, metrics over the
    images seen. A path: its transitions. Models: training, the losses; map, the codes of each, coloured by what is
    known of them, by the decoder's speed, or beside draws (manifold: of one); tsne, a dataset and draws in one plane;
    prior, codes beside draws of a prior. Sweeps: metrics against lambda. Scores of attributes: entanglement.

    \b
    Examples:
      posectl plot plain-scores acai-scores -o smoothness.png
      posectl plot plain acai --kind retrieval -o retrieval.pdf
      posectl plot plain acai --kind training-curve -o over-training.png
      posectl plot flat --kind map --by elevation -o map.png
      posectl plot plain acai --kind map --by speed -o speed.pdf
      posectl plot acai-sweep -o lambda.pdf
    """
    from posectl.cli.values import names

    figure = session.lab().plot(
        subjects,
        output,
        kind=kind,
        metrics=names(metric) or (),
        by=by,
        dimensions=dimensions,
        projection=projection,
        **shared,
    )
    session.out.data([str(output)], {"path": str(output), "kind": figure.get_label(), "subjects": subjects})
