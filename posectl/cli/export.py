"""posectl export: models and motions in formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import Weights
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.exporting import TARGETS
from posectl.stages.options import ExportOptions

DEFAULT = ExportOptions()


@command(app, makes=False, shared=CONVENTIONS)
def export(
    session: Session,
    shared: dict[str, Any],
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="A model; or poses in motion: paths, samples, a clip of a dataset, poses#clip3, or a .npy file.",
            autocompletion=complete.refs_of("model", "paths", "samples", "dataset"),
        ),
    ],
    output: Annotated[Path, option("Output", "File or folder to write.", "--output", "-o", metavar="PATH")],
    to: Annotated[
        str | None,
        option(
            "Output",
            f"Format: {', '.join(TARGETS.built_in())}.",
            "--to",
            metavar="TARGET",
            show_default="by how the file ends",
            autocompletion=complete.targets,
        ),
    ] = None,
    weights: Weights = DEFAULT.weights,
    part: Annotated[
        Literal["both", "encoder", "decoder"], option("Model", "Part of the model, for onnx.")
    ] = DEFAULT.part,
    fps: Annotated[
        float | None,
        option("Data", "Poses a second of a motion.", metavar="N", min=1, show_default="its own, else 25"),
    ] = DEFAULT.fps,
) -> None:
    """Write a model's weights, or poses in motion, in a format of other programs.

    A model's file is written only once its outputs are found equal to posectl's.

    \b
    Examples:
      posectl export acai -o acai.safetensors
      posectl export acai --to hf-folder -o acai
      posectl export acai --to onnx --part decoder -o decoder.onnx
      posectl export poses#clip3 -o walk.glb
      posectl export theirs.npy --joints coco17 --fps 30 -o theirs.bvh
    """
    made = session.lab().export(subject, output, to, weights=weights, part=part, fps=fps, **shared)
    session.out.data([str(output)], made)
