"""Files that a stage writes beside the store: where they may be, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from posectl.errors import ConflictError, UsageError
from posectl.render.files import replacing
from posectl.stages.run import Run

PAGES = (".html", ".htm")


def check_output(run: Run, out: Path | None, suffixes: Sequence[str], example: str) -> None:
    """Check a file to be written, if one was named; example: a name with one of the suffixes.

    Raises UsageError for another suffix, ConflictError where it is there already, unless `run.force`.
    """
    if out is None:
        return
    if out.suffix.lower() not in suffixes:
        named = f"{out.stem or Path(example).stem}{Path(example).suffix}"
        raise UsageError(f"{out} should end in {', '.join(suffixes)}.", f"For example -o {named}.")
    if out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")


def write_page(out: Path | None, html: str) -> None:
    """Write a page, if a file was named: all of it or nothing."""
    if out is not None:
        with replacing(out) as beside:
            beside.write_text(html, encoding="utf-8")
