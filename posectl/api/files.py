"""Files that are written where the user says: all of them or nothing."""

from __future__ import annotations

from pathlib import Path

from posectl.errors import ConflictError, UsageError, unwritable
from posectl.store import durable


def write_bytes(path: Path, data: bytes, *, force: bool) -> None:
    """Write all of the data or nothing.

    Raises ConflictError rather than overwrite, unless `force`; UsageError for a folder, UnavailableError where nothing
    can be written.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    try:
        if path.is_file() and not force:
            raise ConflictError(f"{path} is there already.", "--force overwrites it, or name another file with -o.")
        with durable.new_file(path) as file:
            file.write(data)
    except OSError as error:
        raise unwritable(path, error) from error
