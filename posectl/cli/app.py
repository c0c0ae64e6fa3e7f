"""The app with every command, and `main`, which runs it."""

from __future__ import annotations

import sys

from typer.main import get_command

from posectl.cli import (  # noqa: F401 - each adds its commands to the app
    compare,
    completion,
    demo,
    doctor,
    encode,
    evaluate,
    interpolate,
    plot,
    prepare,
    regularizers,
    render,
    sample,
    store,
    sweep,
    train,
)
from posectl.cli.command import explain
from posectl.cli.output import Output
from posectl.cli.root import app
from posectl.cli.usage import Fault, explained
from posectl.errors import ExitCode, PosectlError


def main() -> int:
    """Run this process's command line and return its exit code."""
    try:
        return int(get_command(app)(prog_name="posectl", standalone_mode=False) or 0)
    except Fault as fault:
        error = explained(fault)
        if error is None:
            sys.stderr.write(f"{fault.format_message()}\n")
            return ExitCode.USAGE
        return explain(Output(), error)
    except PosectlError as error:
        return explain(Output(), error)
