"""What all commands share: the common options, the session they make, and errors turned into exit codes."""

from __future__ import annotations

import inspect
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from posectl.cli import config
from posectl.cli.output import Output
from posectl.errors import ExitCode, InterruptedRunError, PosectlError

if TYPE_CHECKING:
    from posectl.stages.run import Run


StoreOption = Annotated[
    Path,
    typer.Option("--store", metavar="DIR", envvar="POSECTL_STORE", help="Where artifacts are."),
]
NameOption = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the artifact to make.")]


def _read_config(ctx: typer.Context, path: Path | None) -> Path | None:
    if path is not None and not ctx.resilient_parsing:
        commands = set(getattr(ctx.find_root().command, "commands", {}))
        guarded(Output(), lambda: config.apply(ctx, path, commands))
    return path


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Option values in YAML; flags go before them.",
        is_eager=True, callback=_read_config,
    ),
]  # fmt: skip
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the answer.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Do it again, though the same run's artifact is there.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of every random stream.")]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device", envvar="POSECTL_DEVICE", metavar="auto|cpu|cuda|cuda:N", help="Where to compute.",
    ),
]  # fmt: skip
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="CPU threads (default: PyTorch's choice)."),
]

_COMMON: dict[str, tuple[Any, Any]] = {
    "store": (StoreOption, Path("artifacts")),
    "name": (NameOption, None),
    "config": (ConfigOption, None),
    "as_json": (JsonOption, False),
    "quiet": (QuietOption, False),
    "verbose": (VerboseOption, False),
    "force": (ForceOption, False),
    "seed": (SeedOption, 0),
    "device": (DeviceOption, "auto"),
    "threads": (ThreadsOption, None),
}

_COMPUTING = {"name", "force", "seed", "device", "threads"}


class Session:
    """One invocation: its output, and the surroundings that it gives to stages."""

    def __init__(self, ctx: typer.Context, common: dict[str, Any]) -> None:
        self.out = Output(as_json=common["as_json"], quiet=common["quiet"], verbose=common["verbose"])
        self._common = common
        self.sources = config.sources(ctx)
        self.store: Path = common["store"]

    @property
    def force(self) -> bool:
        return bool(self._common["force"])

    def run(self) -> Run:
        """The surroundings of a stage, from the common options."""
        from posectl.stages.run import Run

        common = self._common
        return Run(
            store=self.store,
            name=common["name"],
            seed=common["seed"],
            device=common["device"],
            threads=common["threads"],
            force=common["force"],
            command=shlex.join(["posectl", *sys.argv[1:]]),
            sources=self.sources,
            tell=self.out.tell,
            progress=self.out.progress,
        )


def command(
    app: typer.Typer, name: str | None = None, *, computes: bool = True, shared: Mapping[str, tuple[Any, Any]] = {}
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: register a function of (session, its own options...) as a command that has the common options too;
    one that does not compute has none of `--seed`, `--device` and the like.

    shared: options that several commands have, by name their annotation and default; the function gets their values in
    one mapping, `shared`.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            p.replace(annotation=hints[p.name])
            for p in inspect.signature(function).parameters.values()
            if p.name not in ("session", "shared")
        ]
        taken = {p.name for p in own}
        wanted = {
            key: option for key, option in _COMMON.items() if key not in taken and (computes or key not in _COMPUTING)
        }
        added = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for key, (annotation, default) in (*shared.items(), *wanted.items())
        ]
        ctx = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

        def entry(**values: Any) -> None:
            context: typer.Context = values.pop("ctx")
            chosen = {
                key: values[key] if key in taken else values.pop(key, default) for key, (_, default) in _COMMON.items()
            }
            if shared:
                values["shared"] = {key: values.pop(key) for key in shared}
            session = Session(context, chosen)
            guarded(session.out, lambda: function(session, **values))

        keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        entry.__signature__ = inspect.Signature([ctx, *keyword_only, *added])  # type: ignore[attr-defined]
        entry.__annotations__ = {p.name: p.annotation for p in [ctx, *keyword_only, *added]}
        entry.__doc__ = function.__doc__
        app.command(name or function.__name__.rstrip("_"))(entry)
        return function

    return decorate


def guarded(out: Output, work: Callable[[], None]) -> None:
    """Do the work; turn what goes wrong into a sentence on stderr and an exit code. A traceback only on request."""
    try:
        work()
    except PosectlError as error:
        _explain(out, error)
    except KeyboardInterrupt:
        _explain(out, InterruptedRunError("Interrupted; nothing was published."))
    except BrokenPipeError:
        # Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.BROKEN_PIPE) from None
    except typer.Exit:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        _explain(
            out, PosectlError(f"posectl failed unexpectedly: {what}.", "POSECTL_DEBUG=1 shows where; please report it.")
        )


def _explain(out: Output, error: PosectlError) -> None:
    if os.environ.get("POSECTL_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    out.error(error)
    raise typer.Exit(error.exit_code) from None
