"""posectl interpolate: the decoded path between two samples, or the block between four."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import ArrayFile, Model, Weights
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import InterpolateOptions

DEFAULT = InterpolateOptions()


@command(app, shared=CONVENTIONS)
def interpolate(
    session: Session,
    shared: dict[str, Any],
    a: Annotated[
        str | None,
        typer.Argument(
            metavar="A",
            help="First end: a .npy file, or a sample of a dataset, poses#12.",
            show_default=False,
            autocompletion=complete.refs_of("dataset"),
        ),
    ] = None,
    b: Annotated[
        str | None,
        typer.Argument(metavar="B", help="Last end.", show_default=False, autocompletion=complete.refs_of("dataset")),
    ] = None,
    below: Annotated[
        list[str] | None,
        typer.Argument(metavar="C D", help="Lower corners of a --grid.", autocompletion=complete.refs_of("dataset")),
    ] = None,
    model: Model = None,
    weights: Weights = DEFAULT.weights,
    path: Annotated[
        str | None,
        option(
            "Model",
            "Path between codes: slerp, lerp, lerp-sphere or circle.",
            metavar="NAME",
            show_default="slerp on the sphere, lerp elsewhere",
        ),
    ] = None,
    codes: Annotated[
        str | None,
        option("Model", "A .npy of codes in place of A and B: (2, d), or (B, 2, d).", metavar="FILE"),
    ] = None,
    steps: Annotated[int, option("Options", "Samples on the path, both ends included.", metavar="N")] = DEFAULT.steps,
    start: Annotated[
        float, option("Options", "First alpha: below 0 the path begins before A.", "--from", metavar="ALPHA")
    ] = DEFAULT.start,
    stop: Annotated[
        float, option("Options", "Last alpha: above 1 the path goes on beyond B.", "--to", metavar="ALPHA")
    ] = DEFAULT.stop,
    grid: Annotated[
        int,
        option("Options", "Decode N x N samples between four ends, A B above C D; 0: a path.", metavar="N"),
    ] = DEFAULT.grid,
    output: ArrayFile = None,
) -> None:
    """Decode the path between the codes of two samples, or the block between four, into a paths artifact.

    Files hold a pose (17, 3), or an image (C, H, W) or (H, W) in [-1, 1].

    \b
    Examples:
      posectl interpolate a.npy b.npy --steps 100
      posectl interpolate poses#12 poses#3456 --model acai:v2
      posectl interpolate poses#12 poses#3456 --from -0.2 --to 1.2
      posectl interpolate --codes ends.npy --model acai:v2
      posectl interpolate lines#0 lines#1 lines#2 lines#3 --grid 8
    """
    from posectl.cli.files import write_array

    ends = [end for end in (a, b, *(below or ())) if end is not None]
    made = session.lab().interpolate(
        *ends, codes=codes, model=model, steps=steps, path=path, weights=weights, grid=grid, start=start, stop=stop,
        **shared,
    )  # fmt: skip
    write_array(session, made, "paths", output)
