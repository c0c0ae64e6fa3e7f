"""posectl render: poses or images as GIF, MP4 or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def render(
    session: Session,
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="SUBJECT...",
            help="Paths, samples, a dataset, or .npy files; #i picks one.",
            autocompletion=complete.refs,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .gif, .mp4 or .png.")],
    fps: Annotated[float, typer.Option(min=1, help="Frames a second.")] = 25.0,
    size: Annotated[int, typer.Option(min=64, max=2048, help="Side of a panel in pixels.")] = 320,
    columns: Annotated[
        int, typer.Option(min=0, help="Poses or images a row of a PNG (default: 10 poses, 16 images).")
    ] = 0,
    most: Annotated[int, typer.Option(min=0, help="Panels, or rows, of one subject (default: 1 panel, 6 rows).")] = 0,
    label: Annotated[list[str] | None, typer.Option("--label", help="Label of each subject; repeatable.")] = None,
    turntable: Annotated[bool, typer.Option("--turntable", help="Turn around the poses.")] = False,
    crossfade: Annotated[
        bool | None,
        typer.Option(
            "--crossfade/--no-crossfade",
            help="The pixel cross-fade beside images (default: beside paths, not beside blocks).",
        ),
    ] = None,
) -> None:
    """Draw poses or images: side by side as a GIF or MP4; as a PNG row by row, or in blocks (`interpolate --grid`).

    Files hold poses (..., 17, 3), or images in [-1, 1]: paths (B, T, C, H, W) or single ones (N, C, H, W).

    \b
    Examples:
      posectl render acai-paths -o path.gif
      posectl render plain-paths acai-paths --label plain --label ACAI -o rows.png
      posectl render plain-grid acai-grid -o blocks.png
      posectl render poses#3 -o clip.gif
    """
    from posectl.stages.options import RenderOptions
    from posectl.stages.render import render as stage

    options = RenderOptions(fps, size, columns, most, tuple(label or ()), turntable, crossfade)
    info = stage(session.run(), subjects, output, options)
    session.out.data(str(output), info)
