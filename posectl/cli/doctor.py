"""posectl doctor: what this installation is, and whether it works."""

from __future__ import annotations

from posectl.cli.command import Session, command
from posectl.cli.root import app


@command(app)
def doctor(session: Session) -> None:
    """Check versions, devices, extras and the store, and two computations against known answers."""
    from dataclasses import asdict

    from posectl.errors import UnavailableError
    from posectl.stages.doctor import doctor as stage

    findings = stage(session.run())
    bad = [f for f in findings if not f.well]
    text = "\n".join(f"{'ok ' if f.well else 'BAD'}  {f.label:16} {f.text}" for f in findings)
    session.out.data(text, {"well": not bad, "findings": [asdict(f) for f in findings]})
    if bad:
        raise UnavailableError(f"{len(bad)} finding(s) are not as they should be.", "The lines marked BAD say which.")
