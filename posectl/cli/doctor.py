"""posectl doctor: what this installation is, whether it works, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app

if TYPE_CHECKING:
    from posectl.stages.bench import Measurement


@command(app, makes=False)
def doctor(
    session: Session,
    bench: Annotated[bool, option("Options", "Measure its speed, too, in half a minute.", "--bench")] = False,
) -> None:
    """Check versions, devices, extras and the store, and two computations against known answers.

    \b
    Example:
      posectl doctor --bench
    """
    from dataclasses import asdict

    from posectl.errors import UnavailableError

    findings = session.lab().doctor()
    bad = [f for f in findings if not f.well]
    lines = [f"{'ok ' if f.well else 'BAD'}  {f.label:16} {f.text}" for f in findings]
    value: dict[str, Any] = {"well": not bad, "findings": [asdict(f) for f in findings]}
    if bench:
        value["bench"], measured = _bench(session)
        lines += ["", *measured]
    session.out.data(lines, value)
    if bad:
        raise UnavailableError(f"{len(bad)} finding(s) are not as they should be.", "The lines marked BAD say which.")


def _bench(session: Session) -> tuple[dict[str, Any], list[str]]:
    """Measure; return the measurements as JSON, and as lines of a table."""
    from dataclasses import asdict

    from posectl.stages.bench import load

    session.out.tell("Measuring; this takes half a minute.")
    measurements, busy = session.lab().bench(), load()
    value = {"load": busy, "measurements": [asdict(m) for m in measurements]}
    lines = [*map(as_line, measurements)]
    return value, lines if busy is None else [*lines, f"load {busy:.1f}; a busy machine is a slow one"]


def as_line(m: Measurement) -> str:
    """Lay out a measurement as a line of a table, with its ratio where it has one."""
    ratio = "" if m.ratio is None else f"{m.ratio:8.3g} times {m.against}"
    return f"{m.label:26} {m.value:10,.0f} {m.unit:10} {ratio}".rstrip()
