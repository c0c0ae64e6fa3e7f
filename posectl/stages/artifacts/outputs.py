"""Files that a stage writes beside the store: where they may be, and pages."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from posectl.errors import ConflictError, UsageError, unwritable
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


def check_folder(run: Run, out: Path, members: Sequence[str]) -> None:
    """Check a folder to be written. Raises ConflictError where something is there already, unless `run.force` and it
    holds nothing but `members`."""
    if not out.exists():
        return
    if not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another folder with -o.")
    others = [] if not out.is_dir() else sorted(each.name for each in out.iterdir() if each.name not in members)
    if others or not out.is_dir():
        what = f"holds {others[0]}, too" if others else "is a file"
        raise ConflictError(f"{out} {what}, and is left as it is.", "Name another folder with -o.")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` to write into; it takes the name `path` at the end, and vanishes on failure.

    What was at `path` is gone then. Raises UnavailableError where nothing can be written.
    """
    path = Path(os.path.realpath(path))
    beside, old = (path.with_name(f".{path.name}.{uuid.uuid4().hex}") for _ in range(2))
    try:
        beside.mkdir(parents=True)
        yield beside
        if path.exists():
            path.rename(old)
        beside.rename(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        for each in (beside, old):
            shutil.rmtree(each, ignore_errors=True)


def write_page(out: Path | None, html: str) -> None:
    """Write a page, if a file was named: all of it or nothing."""
    if out is not None:
        with replacing(out) as beside:
            beside.write_text(html, encoding="utf-8")
