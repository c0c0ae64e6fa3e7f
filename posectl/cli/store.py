"""posectl store: look after artifacts."""

from __future__ import annotations

import typer

from posectl.cli.command import Session, command
from posectl.cli.root import app

store = typer.Typer(
    name="store", help="Look after artifacts: ls, show, log, verify, gc, alias, rm.", no_args_is_help=True
)
app.add_typer(store)


@command(store)
def ls(session: Session) -> None:
    """List artifacts."""
    from posectl.store import Store

    rows = [[a.ref, a.kind, a.created] for a in Store(session.store).artifacts()]
    session.out.data("\n".join("  ".join(r) for r in rows), rows)
