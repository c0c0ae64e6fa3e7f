"""Files that a command writes where the user says."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def kept_mode(path: Path) -> int | None:
    """Return the permissions of the file at a path, which one in its place is to have; None where there is none.

    Raises PermissionError for a file that may not be written, though its folder would let another take its place.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return mode
