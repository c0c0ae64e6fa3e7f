"""The app with every command, and `main`, which runs it."""

from __future__ import annotations

import signal
import sys

from typer.main import get_command

from posectl.cli import (  # noqa: F401 - each adds its commands to the app
    arithmetic,
    attribute,
    compare,
    completion,
    demo,
    doctor,
    encode,
    evaluate,
    explore,
    export,
    fit,
    import_,
    interpolate,
    plot,
    prepare,
    regularizers,
    render,
    report,
    sample,
    store,
    sweep,
    train,
)
from posectl.cli.command import INTERRUPTED, explain
from posectl.cli.output import Output
from posectl.cli.root import app
from posectl.cli.streams import forgiving
from posectl.cli.usage import Fault, explained
from posectl.errors import ExitCode, InterruptedRunError, PosectlError
from posectl.printable import printable
from posectl.signals import ignore


def main() -> int:
    """Run this process's command line and return its exit code."""
    forgiving()
    try:
        code = int(get_command(app)(prog_name="posectl", standalone_mode=False) or 0)
        if code == ExitCode.INTERRUPTED and signal.getsignal(signal.SIGINT) != ignore:
            raise InterruptedRunError(INTERRUPTED)  # while typer parsed, which says nothing of it
        return code
    except Fault as fault:
        error = explained(fault)
        if error is None:
            sys.stderr.write(f"{printable(fault.format_message())}\n")
            return ExitCode.USAGE
        return explain(Output(), error)
    except PosectlError as error:
        return explain(Output(), error)
