"""The app itself, to which each command module adds its command."""

from __future__ import annotations

from typing import Annotated

import typer

from posectl.version import __version__

app = typer.Typer(
    name="posectl",
    help="Train autoencoders whose latent space interpolates well, and measure exactly how well.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help comes in half the time
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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
) -> None:
    """Train autoencoders whose latent space interpolates well, and measure exactly how well."""
