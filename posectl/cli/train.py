"""posectl train: an autoencoder under regularizers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from posectl.cli import training
from posectl.cli.command import Session, command
from posectl.cli.help import option, parameter
from posectl.cli.root import app
from posectl.cli.training import DEFAULT

if TYPE_CHECKING:
    from posectl.stages.dry_run import DryRun


OPTIONS = training.options(
    lam=parameter(
        list[str] | None, None, "Objective", "Weight of the regularizer, one for each --reg.", metavar="X",
        show_default="as published",
    ),
    latent=parameter(
        str, str(DEFAULT.latent), "Model", "Latent size, the number of dimensions of a code.", metavar="N"
    ),
)  # fmt: skip


@command(app, shared=OPTIONS)
def train(
    session: Session,
    shared: dict[str, Any],
    dataset: training.Dataset = None,
    list_reg: Annotated[
        bool,
        option("Objective", "List the regularizers, and stop; -v their settings too.", "--list-reg"),
    ] = False,
    log: training.Log = "none",
    dry_run: training.DryRun = False,
    resume: Annotated[
        bool,
        option(
            "Output",
            "Continue from this run's last checkpoint, or from its model of fewer --steps, bit for bit.",
            "--resume",
        ),
    ] = False,
) -> None:
    """Train an autoencoder and publish it as a model artifact.

    \b
    Examples:
      posectl train --reg acai --lam 0.3
      posectl train poses --reg acai --lam 0.1 --set acai.gamma=0.05 --latent 16 --name acai16
      posectl train --reg acai --lam 0.3 --resume
    """
    if list_reg:
        from posectl.cli.regularizers import print_regularizers

        print_regularizers(session, None, settings=session.out.verbose)
        return
    from posectl.cli.values import integers, numbers, one

    options = training.resolved(
        session,
        shared,
        lam=tuple(one(numbers(text, "--lam"), text, "--lam") for text in shared["lam"] or ()),
        latent=one(integers(shared["latent"], "--latent"), shared["latent"], "--latent"),
    )
    if dry_run:
        planned = session.lab().dry_run(dataset, **options)
        session.out.data(list(_lines(planned)), planned.as_json())
        return
    with _one_voice(session):
        result = session.lab().train(dataset, resume=resume, log="" if log == "none" else log, **options)
    figures = result.figures
    rows = [
        *_errors(figures),
        ("losses", ", ".join(f"{name} {value:.4g}" for name, value in figures["losses"].items())),
    ]
    if "paid" in figures:
        rows.append(("price", f"{figures['paid']:.3f} of a plain twin's error, on {figures['paid_on']}"))
    session.out.rows(rows, title=result.ref)
    session.out.result(result)


@contextmanager
def _one_voice(session: Session) -> Iterator[None]:
    """Let the first rank of torchrun speak alone; where it is missing, the first of those that are left."""
    from posectl.core.training.ranks import RankError, from_environment

    rank, _ = from_environment(os.environ) or (0, 1)
    if rank:
        session.out.mute()
    try:
        yield
    except RankError as error:
        if error.speaks:
            session.out.mute(False)
        raise


def _errors(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows of the errors: at the end, and by the best weights with what chose them."""
    from posectl.printable import error_text

    def told(key: str) -> str:
        return error_text(figures[key], figures["unit"])

    mean = f"; {told('mean_sample_error')} by the mean sample always" if "mean_sample_error" in figures else ""
    best = f"{{}} at its best (step {figures['best_step']})"
    if "validation_error" in figures:
        yield "validation", f"{told('validation_error')} at the end, {best.format(told('best_validation_error'))}{mean}"
        yield "test error", f"{told('test_error')} at the end, {told('best_test_error')} by the best weights"
    elif figures.get("best_by", "test"):
        yield (
            "test error",
            f"{told('test_error')} at the end, {best.format(told('best_test_error'))}, chosen by it{mean}",
        )
    else:
        yield "test error", f"{told('test_error')} at the end{mean}"
        yield (
            "best",
            "the last weights, for there is no validation split (`posectl prepare --validation 0.1` makes one)",
        )


def _lines(planned: DryRun) -> Iterator[str]:
    """Yield what `--dry-run` prints: every setting with its source, then sizes and time."""
    from posectl.budget import size

    yield f"{planned.name} on {planned.dataset}, {planned.device}"
    for key, entry in planned.config.items():
        if key not in ("architecture", "objectives"):
            value = ", ".join(map(str, entry["value"])) if isinstance(entry["value"], tuple) else entry["value"]
            yield f"  {key:16} {'–' if value in (None, '') else value!s:24} {entry['source']}"
    for described in (planned.config["architecture"]["value"], *planned.config["objectives"]["value"]):
        settings = ", ".join(f"{key} {value}" for key, value in described.items() if key != "name")
        yield f"  {described['name']:16} {settings}"
    for name, count in planned.parameters.items():
        yield f"  {name:16} {count:,} parameters"
    memory = ", ".join(f"{name} {size(count)}" for name, count in planned.memory.items() if count)
    yield f"  {'memory':16} {size(sum(planned.memory.values()))}: {memory}"
    yield f"  {'time':16} about {training.minutes(planned.seconds)}, by {planned.steps_timed} steps"
    if planned.there:
        yield f"  {'there':16} {planned.there} is this very run"
    if planned.checkpoint:
        yield f"  {'checkpoint':16} step {planned.checkpoint}: --resume goes on from it"
