"""Wrong command lines: what typer finds in them, as errors of posectl's one family."""

from __future__ import annotations

from typing import Any

import typer

from posectl.cli.renamed import renamed
from posectl.errors import UsageError, did_you_mean

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
    text = fault.format_message().rstrip(".").replace("\n\t", " ")
    return UsageError(f"{text}.", f"`{path} --help` lists the options.")


def _unknown(ctx: Any, path: str, option: str) -> UsageError:
    flags = [flag for p in ctx.command.params for flag in (*p.opts, *p.secondary_opts) if flag.startswith("--")]
    name = option.lstrip("-")
    old = renamed(name, {flag.lstrip("-") for flag in flags}, flag=True)
    elsewhere = getattr(ctx.command, "elsewhere", lambda name: "")(name)
    return old or UsageError(f"`{path}` has no option {option!r}.", elsewhere + did_you_mean(option, flags))
