"""posectl render: poses or images as GIF, MP4 or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.foreign import CONVENTIONS, SHAPE
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import PATH_FPS, RenderOptions

DEFAULT = RenderOptions()


@command(app, makes=False, shared={**CONVENTIONS, "shape": SHAPE})
def render(
    session: Session,
    shared: dict[str, Any],
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="SUBJECT",
            help="Paths, samples, a dataset, or .npy files; #i picks one of them, #clipi a clip of a dataset.",
            autocompletion=complete.refs_of("paths", "samples", "dataset"),
        ),
    ],
    output: Annotated[
        Path,
        option("Output", "File to write: .gif, .mp4, .png, .svg or .pdf.", "--output", "-o", metavar="FILE"),
    ],
    fps: Annotated[
        float | None,
        option(
            "Picture",
            "Frames a second; clips at another rate than their own are slower or faster.",
            metavar="N",
            min=1,
            show_default=f"real time for clips, {PATH_FPS:g} for paths",
        ),
    ] = DEFAULT.fps,
    size: Annotated[
        int,
        option("Picture", "Side of a panel, pixels.", metavar="PIXELS", min=64, max=2048),
    ] = DEFAULT.size,
    columns: Annotated[
        int,
        option("Picture", "Number of samples in a row of a PNG; 0: 10 poses, 16 images.", metavar="N", min=0),
    ] = DEFAULT.columns,
    most: Annotated[
        int,
        option("Picture", "Largest number of panels, or rows, of one subject; 0: 1 panel, 6 rows.", metavar="N", min=0),
    ] = DEFAULT.most,
    label: Annotated[
        list[str] | None,
        option("Picture", "Label of a subject; repeated for each.", "--label", metavar="TEXT", show_default="the ref"),
    ] = None,
    turntable: Annotated[bool, option("Picture", "Turn the camera around the poses.", "--turntable")] = False,
    crossfade: Annotated[
        bool | None,
        option(
            "Picture",
            "Draw the pixel cross-fade beside images.",
            "--crossfade/--no-crossfade",
            show_default="beside paths",
        ),
    ] = None,
) -> None:
    """Draw poses or images: side by side as a GIF or MP4, clips in real time; as a PNG, SVG or PDF row by row, or in
    blocks (`interpolate --grid`).

    Files hold poses (..., 17, 3), which are turned upright, or images in [-1, 1]: paths (B, T, C, H, W) or single ones
    (N, C, H, W).

    \b
    Examples:
      posectl render acai-paths -o path.gif
      posectl render plain-paths acai-paths --label plain --label ACAI -o rows.png
      posectl render plain-grid acai-grid -o blocks.png
      posectl render poses#clip3 -o clip.gif
    """
    picture = session.lab().render(
        subjects, output, fps=fps, size=size, columns=columns, most=most, labels=tuple(label or ()),
        turntable=turntable, crossfade=crossfade, **shared,
    )  # fmt: skip
    session.out.data([str(output)], picture.info)
