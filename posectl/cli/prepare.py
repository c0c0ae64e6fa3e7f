"""posectl prepare: data into the store, by a subcommand for every reader."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from posectl.cli.command import Session, command
from posectl.cli.help import Command, Group, HelpOption, parameter
from posectl.cli.reader_options import parameters, values
from posectl.cli.root import app
from posectl.data.readers import READERS
from posectl.errors import UsageError, did_you_mean


class Sources(Group):
    """The group of all readers. A reader's module is imported only where its own command is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return READERS.names()

    @cached_property
    def _summaries(self) -> dict[str, str]:
        names = READERS.names()  # before the summaries: it imports plug-ins
        return {name: summary for name, summary in READERS.summaries().items() if name in names}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command that has no more than a summary, for lists."""
        summary = self._summaries.get(cmd_name)
        return None if summary is None else Command(name=cmd_name, help=summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] in READERS.names():
            return args[0], source_command(args[0]), args[1:]
        return super().resolve_command(ctx, args)

    def no_such_command(self, ctx: Any, name: str) -> UsageError:
        return _no_source(name)

    def elsewhere(self, name: str) -> str:
        return _having(name) or "Options stand behind the source. "


def _having(name: str) -> str:
    """Say which sources have an option of this name."""
    field = name.replace("-", "_")
    having = [each for each in READERS.names() if field in {f.name for f in fields(READERS.get(each).options)}]
    return f"It is an option of {', '.join(having)}. " if having else ""


def _no_source(name: str) -> UsageError:
    """Return the error for a word that is no source; for a path it says the command to run."""
    from posectl.data.source_of import how_to_read, source_of

    path = Path(name)
    if source_of(path) is not None or path.exists():
        hint = how_to_read(path)
        known = f" (sources: {', '.join(READERS.names())})" if "SOURCE" in hint else ""
        return UsageError(f"`posectl prepare` is first told the source, and {name!r} is a path.", hint + known)
    return UsageError(f"There is no source {name!r}.", did_you_mean(name, READERS.names()))


class SourceCommand(Command):
    """The command of one reader."""

    def elsewhere(self, name: str) -> str:
        return _having(name)


sources = typer.Typer(
    name="prepare", cls=Sources, no_args_is_help=True, rich_markup_mode=None, add_help_option=False,
    subcommand_metavar="SOURCE [PATH]...",
)  # fmt: skip
app.add_typer(sources)


@sources.callback()
def prepare(help_: HelpOption = False) -> None:
    """Read poses or images into a dataset artifact, and print what to check first.

    `posectl prepare SOURCE --help` shows the options of a source.

    \b
    Examples:
      posectl prepare mannequin
      posectl prepare arrays train.npz --test test.npz --name poses
      posectl prepare lines --size 16
      posectl prepare images coil-100/ --objects 5 --size 64
    """


def source_command(name: str) -> Any:
    """Make the command of a reader, with the options that its dataclass has."""
    reader = READERS.get(name)
    shared = parameters(reader.options, name)
    if reader.paths is not None:
        paths = Annotated[list[Path] | None, typer.Argument(metavar="PATH", help=reader.paths)]
        shared = {"paths": (paths, None), **shared}
    text = "Share of the training samples to hold out, by which weights and settings are chosen, such as 0.1."
    shared = {**shared, "validation": parameter(float | None, None, "Data", text, metavar="X", show_default="none")}
    if name == "mocap":
        text = "Print a file's joints as a map to edit, and stop."
        shared = {**shared, "show_joints": parameter(bool, False, "Data", text, "--show-joints")}
    single = typer.Typer(rich_markup_mode=None, add_completion=False)

    @command(single, name, shared=shared, help=_verbatim(READERS.docs()[name]), cls=SourceCommand)
    def read(session: Session, shared: dict[str, Any]) -> None:
        paths = shared.pop("paths", None) or []
        if shared.pop("show_joints", False):
            _show_joints(session, paths)
        else:
            given = {key: value for key, value in shared.items() if session.sources[key] != "default"}
            _prepare(session, name, paths, {**values(reader.options, given), "validation": shared["validation"]})

    return get_command(single)


def _verbatim(doc: str) -> str:
    """Mark the lists and examples of a docstring, which stay as they are where its paragraphs are wrapped."""
    paragraphs = doc.split("\n\n")
    return "\n\n".join(
        f"\b\n{each}" if any(line.startswith(("-", " ")) for line in each.splitlines()) else each for each in paragraphs
    )


def _prepare(session: Session, source: str, paths: list[Path], options: dict[str, Any]) -> None:
    result = session.lab().prepare(source, *paths, **options)
    session.out.rows([tuple(row) for row in result.figures["rows"]], title=result.ref)
    for warning in result.figures["warnings"]:
        session.out.warn(warning)
    session.out.result(result)


def _show_joints(session: Session, paths: list[Path]) -> None:
    text = session.lab().show_joints(*paths)
    session.out.data(text, {"map": text})
