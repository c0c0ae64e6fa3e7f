"""Wrong command lines: what typer finds in them, as errors of posectl's one family."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer

from posectl.cli.renamed import renamed
from posectl.errors import UsageError

# typer exports this error alone; its base is what every wrong command line raises.
Fault: Any = typer.BadParameter.__base__


def explained(fault: Any) -> UsageError | None:
    """Return typer's error in our words; None where a group was called without a command, which shows its help."""
    ctx: Any = fault.ctx
    path = ctx.command_path if ctx else "posectl"
    if type(fault).__name__ == "NoArgsIsHelpError":
        return None
    if hasattr(fault, "possibilities"):
        return _unknown(ctx, path, fault.option_name)
    hint = f"`{path} --help` shows what it takes."
    for wrong in getattr(fault.__cause__, "errors", list)():
        if noun := _NUMBERS.get(wrong["type"]):
            return UsageError(
                f"{_named(fault.param)} {wrong['input']!r} is not {noun}.", _fraction(wrong["input"]) or hint
            )
    text = fault.format_message().replace("Value error, ", "").replace("\n\t", " ")
    return UsageError(f"{text.rstrip('.')}.", hint)


# What pydantic, by which typer parses, calls them.
_NUMBERS = {"float_parsing": "a number", "int_parsing": "a whole number", "int_from_float": "a whole number"}


def _named(param: Any) -> str:
    """Return an option as it is written, and an argument by its name."""
    return str(max(param.opts, key=len)) if param.param_type_name == "option" else str(param.make_metavar())


def _fraction(value: Any) -> str:
    """Return a hint for what is a number in hundredths, "10%"; "" for all else, as a configuration file may hold."""
    number, percent, _ = str(value).partition("%")
    try:
        return f"In fractions {value} is {float(number) / 100:g}." if percent else ""
    except ValueError:
        return ""


def _unknown(ctx: Any, path: str, option: str) -> UsageError:
    command = ctx.command
    known = [flag[2:] for flag in _flags(command) if flag.startswith("--")]
    name = option.lstrip("-").replace("_", "-")
    old = renamed(name, known, flag=True)
    if old is not None:
        return old
    near = [name] if name in known else get_close_matches(name, known, n=1)
    commands = getattr(ctx.find_root().command, "commands", {})
    having = [f"`posectl {other}`" for other, each in commands.items() if option in _flags(each)]
    there = f"{' and '.join(having)} {'has' if len(having) == 1 else 'have'} it. " if 0 < len(having) < 3 else ""
    hint = command.elsewhere(name) + there + "".join(f"Did you mean '--{each}'? " for each in near)
    return UsageError(f"`{path}` has no option {option!r}.", f"{hint}`{path} --help` lists those that it has.")


def _flags(command: Any) -> list[str]:
    return [flag for each in command.params for flag in (*each.opts, *each.secondary_opts)]
