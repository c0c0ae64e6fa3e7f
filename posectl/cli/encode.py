"""posectl encode and posectl decode: a model's codes of samples, and its samples of codes, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import Model, Weights
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.help import option
from posectl.cli.root import app

if TYPE_CHECKING:
    from posectl.api.artifacts import Coded

Output = Annotated[
    str, option("Output", "File to write, a .npy; - is standard output.", "--output", "-o", metavar="FILE")
]


@command(app, makes=False, shared=CONVENTIONS)
def encode(
    session: Session,
    shared: dict[str, Any],
    samples: Annotated[
        str,
        typer.Argument(
            metavar="SAMPLES",
            help="A .npy file, a dataset, a sample, poses#12, or a clip, poses#clip3.",
            autocompletion=complete.refs_of("dataset"),
        ),
    ],
    model: Model = None,
    weights: Weights = "last",
    split: Annotated[
        Literal["train", "validation", "test", "all"], option("Data", "Samples of a dataset, in their order.")
    ] = "all",
    output: Output = "codes.npy",
) -> None:
    """Encode samples with a model, and write their codes (N, d) as .npy.

    \b
    Examples:
      posectl encode poses --model acai -o codes.npy
      posectl encode a.npy -o - | posectl decode - -o again.npy
    """
    _write(session, session.lab().encode(samples, model=model, weights=weights, split=split, **shared), output)


@command(app, makes=False)
def decode(
    session: Session,
    codes: Annotated[str, typer.Argument(metavar="CODES", help="A .npy file of codes, (N, d) or (d); - is stdin.")],
    model: Model = None,
    weights: Weights = "last",
    output: Output = "samples.npy",
) -> None:
    """Decode codes with a model, and write its samples (N, *shape) as .npy.

    \b
    Example:
      posectl decode codes.npy --model acai -o poses.npy
    """
    _write(session, session.lab().decode(codes, model=model, weights=weights), output)


def _write(session: Session, made: Coded, output: str) -> None:
    from posectl.cli.files import write_npy

    session.out.detail(f"{made.model}: {made.array.dtype} {made.array.shape}.")
    write_npy(session, made.array, output, {"path": output, "model": made.model, "shape": list(made.array.shape)})
