"""Commands: functions of a session and their own options, which get the common options too."""

from __future__ import annotations

import inspect
import logging
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

from posectl.cli import config
from posectl.cli.common import COMMON, COMPUTING, MAKING
from posectl.cli.help import Command, Options
from posectl.cli.output import Output
from posectl.errors import ExitCode, InterruptedRunError, PosectlError, UnavailableError
from posectl.printable import printable
from posectl.signals import ignore
from posectl.store.locations import shown

if TYPE_CHECKING:
    from posectl.api.lab import Lab
    from posectl.stages.run import Run

INTERRUPTED = "Interrupted; nothing was published."


class Session:
    """One invocation: its output, and the lab that it works in.

    sources: parameter -> flag, env, file or default.
    """

    def __init__(self, ctx: typer.Context, common: dict[str, Any]) -> None:
        self.out = Output(as_json=common["as_json"], quiet=common["quiet"], verbose=common["verbose"])
        self._common = common
        self.sources = config.sources(ctx)

    @property
    def store(self) -> str:
        """Where the artifacts lie. Raises UsageError for a URL that is none of a store."""
        return shown(self._common["store"])

    @property
    def force(self) -> bool:
        return bool(self._common["force"])

    def lab(self) -> Lab:
        """Return the library's lab, whose verbs the commands are."""
        from posectl.api.lab import Lab

        return Lab(self.run())

    def run(self) -> Run:
        """Return the surroundings of a stage, from the common options."""
        from posectl.stages.run import Run

        common = self._common
        # Cut sizes belong to what was asked for: a report's script makes it again.
        quick = [f"{name}={value}" for name in ("POSECTL_QUICK",) if (value := os.environ.get(name))]
        return Run(
            store=self.store,
            name=common["name"],
            seed=common["seed"],
            device=common["device"],
            threads=common["threads"],
            force=common["force"],
            reuse=common["reuse"],
            command=shlex.join([*quick, "posectl", *sys.argv[1:]]),
            sources=self.sources,
            tell=self.out.tell,
            detail=self.out.detail,
            warn=self.out.warn,
            progress=self.out.progress,
        )


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    makes: bool = True,
    computes: bool = True,
    shared: Options | None = None,
    help: str | None = None,
    cls: type[Command] = Command,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: register a function of (session, its own options...) as a command with the common options.

    makes: whether the command makes an artifact; one that does not has no `--name`. computes: whether it computes; one
    that does not has no `--seed`, `--device` and the like. shared: options that several commands have; the function
    gets their values in one mapping, `shared`. help: in place of the function's docstring.
    """
    left_out = (set() if makes else MAKING) | (set() if computes else MAKING | COMPUTING)

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[p.name])
            for p in inspect.signature(function).parameters.values()
            if p.name not in ("session", "shared")
        ]
        taken = {p.name for p in own}
        wanted = {key: option for key, option in COMMON.items() if key not in taken | left_out}
        first, last = _keyword_only(shared or {}), _keyword_only(wanted)
        ctx = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

        def entry(**values: Any) -> None:
            context: typer.Context = values.pop("ctx")
            common = {
                key: values[key] if key in taken else values.pop(key, default) for key, (_, default) in COMMON.items()
            }
            if shared is not None:
                values["shared"] = {key: values.pop(key) for key in shared}
            session = Session(context, common)
            guarded(session.out, lambda: _timed(session, function, values))

        entry.__signature__ = inspect.Signature([ctx, *first, *own, *last])  # type: ignore[attr-defined]
        entry.__annotations__ = {p.name: p.annotation for p in [ctx, *first, *own, *last]}
        entry.__doc__ = function.__doc__
        register = app.command(name or function.__name__.rstrip("_"), cls=cls, help=help, add_help_option=False)
        register(entry)
        return function

    return decorate


def _keyword_only(options: Options) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for key, (annotation, default) in options.items()
    ]


def _timed(session: Session, function: Callable[..., None], values: Mapping[str, Any]) -> None:
    started = time.monotonic()
    with _logging_to(session.out):
        function(session, **values)
    session.out.detail(f"{time.monotonic() - started:.2f} s in all.")


class _Handler(logging.Handler):
    """Prints records as the command's own words: warnings always, the rest in detail."""

    def __init__(self, out: Output) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        say = self._out.warn if record.levelno >= logging.WARNING else self._out.detail
        say(record.getMessage())


@contextmanager
def _logging_to(out: Output) -> Iterator[None]:
    logger, handler = logging.getLogger("posectl"), _Handler(out)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if out.verbose else logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def guarded(out: Output, work: Callable[[], None]) -> None:
    """Do the work; turn what goes wrong into a sentence on stderr and an exit code. A traceback only on request.

    SIGTERM and SIGHUP are a Ctrl-C, but for the exit code, 128 + their number.
    """
    with _as_ctrl_c() as received:
        try:
            work()
        except PosectlError as error:
            code = explain(out, error)
            raise typer.Exit(128 + received[0] if received and code == ExitCode.INTERRUPTED else code) from None
        except KeyboardInterrupt:
            code = explain(out, InterruptedRunError(INTERRUPTED))
            raise typer.Exit(128 + received[0] if received else code) from None
        except BrokenPipeError:
            # Python would complain again when it flushes stdout at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.BROKEN_PIPE) from None
        except typer.Exit:
            raise
        except Exception as error:
            raise typer.Exit(explain(out, _foreseen(error) or _unforeseen(error))) from None


@contextmanager
def _as_ctrl_c() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does, unless they are ignored, as under nohup; yield those that come.

    They do so, too, where Ctrl-C is ignored from the start, as in what a script starts by `&`.
    """
    received: list[int] = []
    taken = []

    def forward(number: int, frame: FrameType | None) -> None:
        received.append(number)
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(number, frame)
        else:
            raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            with suppress(ValueError):  # not the main thread, which has the signals
                signal.signal(number, forward)
                taken.append(number)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _foreseen(error: Exception) -> PosectlError | None:
    """Return what the machine lacked, where that is it: memory, threads, room on a disk."""
    text = str(error)
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in text:
        return UnavailableError("There is too little memory for this.", "Free some of it, or ask for less at once.")
    if isinstance(error, RuntimeError) and "can't start new thread" in text:
        return UnavailableError("No further thread can be started.", "Raise the limit (`ulimit -u`), or --threads 1.")
    if isinstance(error, OSError):
        from posectl.store.durable import explained

        return explained(error, "go on", "place")
    return None


def _unforeseen(error: Exception) -> PosectlError:
    what = f"{type(error).__name__}: {error}"
    return PosectlError(f"posectl failed unexpectedly: {what}.", "POSECTL_DEBUG=1 shows where; please report it.")


def explain(out: Output, error: PosectlError) -> ExitCode:
    """Print an error that was just caught, and return its exit code."""
    if error.exit_code == ExitCode.INTERRUPTED:
        with suppress(ValueError):  # not the main thread, which has the signals
            signal.signal(signal.SIGINT, ignore)  # another Ctrl-C hastens nothing, and would cut the sentence
    if os.environ.get("POSECTL_DEBUG") == "1":
        import traceback

        sys.stderr.write(printable(traceback.format_exc()))
    try:
        out.error(error)
    except MemoryError:  # what makes it pretty takes some
        os.write(2, b"error: " + error.message.encode(errors="replace") + b"\n")
    return error.exit_code
