"""posectl import: weights from files as models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app


@command(app, "import")
def import_(
    session: Session,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A .safetensors or .pt of `posectl export`, its hf-folder, or a .pt or .pth of another program.",
        ),
    ],
    prior: Annotated[
        str | None,
        option("Model", "Prior of the codes, sphere or normal.", metavar="PRIOR", show_default="what the file says"),
    ] = None,
) -> None:
    """Make a model of weights from a file, whose recipe says where they came from.

    Of other programs: pythae's model.pt, with model_config.json beside it; the pose report's checkpoints; 3d-AAE's
    NNNNN_E.pth and NNNNN_G.pth. They are read as data: nothing in them is run. Artifacts that `posectl store export`
    wrote are taken by `posectl store import`.

    \b
    Examples:
      posectl import acai.safetensors
      posectl import VAE_training/final_model/model.pt --name theirs
    """
    session.out.result(session.lab().import_(file, prior=prior))
