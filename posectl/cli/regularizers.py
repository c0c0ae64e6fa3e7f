"""posectl regularizers: what can be asked of a training, with every setting."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app, makes=False, computes=False)
def regularizers(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Regularizer.", show_default="all", autocompletion=complete.regularizers),
    ] = None,
) -> None:
    """Print regularizers with their papers and settings: keys, defaults, meanings, and what was published.

    \b
    Examples:
      posectl regularizers
      posectl regularizers acai
    """
    print_regularizers(session, name, settings=True)


def print_regularizers(session: Session, name: str | None, *, settings: bool) -> None:
    """Print one regularizer or all, with their settings or without."""
    from posectl.api.regularizers import regularizers

    found = regularizers(name)
    lines = [line for each in found for line in _lines(each, settings)]
    session.out.data(lines, found[0] if name else found)


def _lines(described: dict[str, Any], settings: bool) -> Iterator[str]:
    yield f"{described['name']:12} {described['summary']}"
    for text in (described["source"], described["defaults"] and f"Defaults: {described['defaults']}"):
        if text:
            yield from _indented(text, 13)
    for each in described["settings"] if settings else ():
        default = f" [{each['default']}]" if each["default"] else ""
        paper = f" Paper: {each['paper']}." if each["paper"] else ""
        yield f"    --set {described['name']}.{each['key']}={each['type'].partition(' ')[0]}{default}"
        if each["meaning"] or paper:
            yield from _indented(f"{each['meaning'][:1].upper()}{each['meaning'][1:]}.{paper}", 13)


def _indented(text: str, by: int) -> list[str]:
    return textwrap.wrap(text, 120, initial_indent=" " * by, subsequent_indent=" " * by)
