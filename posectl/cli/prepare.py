"""posectl prepare: data into the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def prepare(
    session: Session,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help=f"One of: {', '.join(complete.SOURCES)}.", autocompletion=complete.sources
        ),
    ],
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files or folders.")] = None,
    test: Annotated[list[Path] | None, typer.Option("--test", help="File of the test split; repeatable.")] = None,
    unit: Annotated[str | None, typer.Option(metavar="m|cm|mm|...", help="Unit of the files.")] = None,
    up: Annotated[str | None, typer.Option(metavar="+z|-y|...", help="Up axis of the files.")] = None,
    fps: Annotated[str | None, typer.Option(metavar="N|native", help="Frames a second.")] = None,
    subsample: Annotated[int | None, typer.Option(min=1, help="Keep every so many frames.")] = None,
    subjects: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Subjects, comma-separated; of the mannequin how many."),
    ] = None,
    test_subjects: Annotated[str | None, typer.Option(metavar="LIST", help="Subjects of the test split.")] = None,
    actions: Annotated[str | None, typer.Option(metavar="LIST", help="Actions, comma-separated.")] = None,
    frame: Annotated[str | None, typer.Option(metavar="world|camera", help="Coordinates.")] = None,
    cameras: Annotated[Path | None, typer.Option(help="Camera parameters, for --frame camera.")] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="Joint map in YAML.")] = None,
    skip_broken: Annotated[bool, typer.Option("--skip-broken", help="Leave broken files out, naming them.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Files read at once.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length of a mannequin's clip.")] = None,
    size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Side of the images, a power of two.")] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Images of one channel.")] = False,
    renderer: Annotated[str | None, typer.Option(metavar="acai|smooth", help="How lines are drawn.")] = None,
    endless: Annotated[
        bool | None,
        typer.Option("--endless/--finite", help="Whether training draws its own lines or poles, or takes the stored."),
    ] = None,
    train_count: Annotated[int | None, typer.Option(metavar="N", help="Lines stored for training.")] = None,
    test_count: Annotated[int | None, typer.Option(metavar="N", help="Lines stored for test.")] = None,
    objects: Annotated[str | None, typer.Option(metavar="LIST", help="Objects of a turntable, as in 5,14.")] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="random|azimuth|object", help="What of the images goes to test; a random fifth."),
    ] = None,
    show_joints: Annotated[
        bool,
        typer.Option("--show-joints", help="Print a file's joints as a map to edit, and stop."),
    ] = False,
) -> None:
    """Read poses or images into a dataset artifact, and print what to check first.

    \b
    Examples:
      posectl prepare mannequin
      posectl prepare arrays train.npz --test test.npz --name poses
      posectl prepare lines
      posectl prepare images coil-100/ --objects 5 --size 64
    """
    from posectl.cli.values import names, number_or_word
    from posectl.stages.prepare import prepare as stage
    from posectl.stages.show_joints import show_joints as joints_of

    if show_joints:
        session.out.data(text := joints_of(paths or []), {"map": text})
        return
    options = {
        "test": tuple(test) if test else None,
        "unit": unit,
        "up": up,
        "fps": number_or_word(fps, "native"),
        "subsample": subsample,
        "subjects": int(subjects) if subjects and subjects.isdecimal() else names(subjects),
        "test_subjects": names(test_subjects),
        "actions": names(actions),
        "frame": frame,
        "cameras": cameras,
        "map": map_,
        "skip_broken": skip_broken or None,
        "jobs": jobs,
        "seconds": seconds,
        "size": size,
        "grey": grey or None,
        "renderer": renderer,
        "endless": endless,
        "train_count": train_count,
        "test_count": test_count,
        "objects": names(objects),
        "split": split,
    }
    result = stage(session.run(), source, paths or [], options)
    session.out.rows([tuple(row) for row in result.figures["rows"]], title=result.ref)
    for warning in result.figures["warnings"]:
        session.out.warn(warning)
    session.out.result(result)
