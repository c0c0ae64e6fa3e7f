"""Options of the commands that decode: the model, its weights, and the file that the array goes into besides."""

from __future__ import annotations

from typing import Annotated, Literal

from posectl.cli import complete
from posectl.cli.help import option

Weights = Annotated[Literal["last", "best"], option("Model", "Weights of the model.")]
Model = Annotated[
    str | None,
    option(
        "Model", "Model that encodes and decodes.", "--model", metavar="REF", show_default="the newest",
        autocompletion=complete.refs_of("model"),
    ),
]  # fmt: skip
ArrayFile = Annotated[
    str | None,
    option("Output", "Write the array as .npy too; - is standard output.", "--output", "-o", metavar="FILE"),
]
