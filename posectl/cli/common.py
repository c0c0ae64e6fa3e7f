"""The options that all commands have, or all that make or compute something."""

from __future__ import annotations

from pathlib import Path

import typer

from posectl.cli import config
from posectl.cli.help import HelpOption, Options, parameter


def _read_config(ctx: typer.Context, path: Path | None) -> Path | None:
    if path is not None and not ctx.resilient_parsing:
        config.apply(ctx, path)
    return path


COMMON: Options = {
    "name": parameter(
        str | None, None, "Output", "Name of the artifact to make.", metavar="NAME", show_default="by what it is"
    ),
    "force": parameter(bool, False, "Output", "Make the result again, and overwrite files.", "--force"),
    "reuse": parameter(bool, False, "Output", "Take the artifact of the same work by other code.", "--reuse"),
    "store": parameter(
        Path, Path("artifacts"), "Common", "Folder of the artifacts, or s3://bucket/prefix.", metavar="DIR",
        envvar="POSECTL_STORE",
    ),
    "seed": parameter(int, 0, "Common", "Seed of every random stream.", metavar="N"),
    "device": parameter(
        str, "auto", "Common", "Device to compute on; auto takes a CUDA device where there is one.",
        metavar="auto|cpu|cuda|cuda:N", envvar="POSECTL_DEVICE",
    ),
    "threads": parameter(
        int | None, None, "Common", "Number of CPU threads.", metavar="N", min=1, show_default="PyTorch's choice"
    ),
    "config": parameter(
        Path | None, None, "Common",
        "YAML file of option values, in sections by command; options given here go before them.", metavar="FILE",
        is_eager=True, callback=_read_config,
    ),
    "as_json": parameter(bool, False, "Common", "Print the answer as one JSON object.", "--json"),
    "quiet": parameter(bool, False, "Common", "Print the answer and warnings only.", "--quiet", "-q"),
    "verbose": parameter(
        bool, False, "Common", "Print timings, shapes, devices and engines, too.", "--verbose", "-v"
    ),
    "help_": (HelpOption, False),
}  # fmt: skip
MAKING = {"name", "reuse"}
"""Those of commands that make an artifact."""

COMPUTING = {"force", "seed", "device", "threads"}
"""Those of commands that compute."""
