"""Text files that a command writes where the user says."""

from __future__ import annotations

import os
from pathlib import Path

from posectl.errors import ConflictError, InvalidInputError


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Write all of a text or nothing. Raises ConflictError rather than overwrite, unless `force`."""
    if path.exists() and not force:
        raise ConflictError(f"{path} is there already.", "--force overwrites it, or name another file with -o.")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}.", "Check the folder.") from error
