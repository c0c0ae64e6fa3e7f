"""The app itself, to which each command module adds its command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from posectl.cli.help import Group, HelpOption
from posectl.version import __version__

# The order in which a user meets the commands.
_ORDER = (
    "prepare", "train", "sweep", "regularizers", "interpolate", "sample", "fit", "encode", "decode", "attribute",
    "arithmetic", "evaluate", "compare", "render", "plot", "explore", "report", "export", "import", "store", "demo",
    "doctor", "completion",
)  # fmt: skip


class Root(Group):
    """The group of all commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(self.commands, key=_ORDER.index)


app = typer.Typer(
    name="posectl",
    cls=Root,
    help="Train autoencoders whose latent space interpolates well, and measure exactly how well.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # see posectl.cli.help
    add_completion=False,
    add_help_option=False,
    context_settings={"max_content_width": 120},
    epilog="Start with `posectl demo`. A chain: m=$(posectl train --reg acai --lam 0.3) && posectl evaluate $m",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    help_: HelpOption = False,
) -> None:
    """Train autoencoders whose latent space interpolates well, and measure exactly how well."""
