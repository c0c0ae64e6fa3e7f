"""Commands whose help groups their options under headings, those that `rich_help_panel` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from posectl.errors import UsageError, did_you_mean

# Headings stand in this order; others, and options without one, come before the last two.
_ORDER = ("Arguments", "Data", "Model", "Objective", "Optimiser", "Sweep", "Machines", "Metrics", "Picture", "Options")
_LAST = ("Output", "Common")


def _show(ctx: typer.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        typer.echo(ctx.get_help())
        raise typer.Exit


def option(heading: str, help: str, *flags: str, **shown: Any) -> Any:
    """Return typer's option with its phrase of help, under a heading."""
    return typer.Option(*flags, help=help, rich_help_panel=heading, **shown)


Options = Mapping[str, tuple[Any, Any]]
"""Options by the names of their parameters: annotation and default."""


def parameter(type: Any, default: Any, heading: str, help: str, *flags: str, **shown: Any) -> tuple[Any, Any]:
    """Return annotation and default of an option, as `Options` hold them."""
    return Annotated[type, option(heading, help, *flags, **shown)], default


# typer's own help option is parsed by pydantic, whose import takes longer than the rest of the help.
HelpOption = Annotated[bool, option("Common", "Show this help.", "--help", "-h", is_eager=True, callback=_show)]


class _Headings:
    """Writes the help of options heading by heading. Plain text: rich panels take twice the time to appear, and half
    the width."""

    def elsewhere(self, name: str) -> str:
        """Say in a hint where an option is to be found that this command does not have; "" if nowhere."""
        return ""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):  # type: ignore[attr-defined]
            record = parameter.get_help_record(ctx)
            if record is not None:
                default = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections.setdefault(parameter.rich_help_panel or default, []).append(record)
        for heading in sorted(sections, key=_place):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands of a group, each with the whole first sentence of its help."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}  # type: ignore[attr-defined]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(1000)) for name, command in commands.items()])


def _place(heading: str) -> tuple[int, int]:
    if heading in _LAST:
        return 2, _LAST.index(heading)
    return (0, _ORDER.index(heading)) if heading in _ORDER else (1, 0)


class Command(_Headings, TyperCommand):
    """A command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # TAB needs no values, and without them no pydantic
            for each in self.get_params(ctx):
                each.process_value = _unprocessed  # type: ignore[method-assign]
        return super().parse_args(ctx, args)


def _unprocessed(ctx: Any, value: Any) -> Any:
    return value


class Group(_Headings, TyperGroup):
    """A group of commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments begin with. Raises UsageError for one that there is not, naming the
        nearest."""
        if args[0] in self.list_commands(ctx) or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise self.no_such_command(ctx, args[0])

    def no_such_command(self, ctx: Any, name: str) -> UsageError:
        """Return the error for a name that is no command."""
        return UsageError(f"`{ctx.command_path}` has no command {name!r}.", did_you_mean(name, self.list_commands(ctx)))
