"""The order of publication: a number in each manifest, one more than the largest there, whatever the clock says."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from posectl.errors import IntegrityError
from posectl.store.bundle import MANIFEST
from posectl.store.layout import Layout
from posectl.store.refs import VERSION
from posectl.store.sealed import MAX_BYTES, read_bytes

# As `sealed.encode` writes it: what is nested is indented further, and text holds no line ends.
_NUMBER = re.compile(rb'^ "sequence": ([0-9]{1,18}),$', re.MULTILINE)


def next_number(layout: Layout) -> int:
    """Return one more than the largest number in the store. Of two that publish at once, both may have it."""
    return 1 + max((_largest_of(layout.folder(name)) for name in layout.names()), default=0)


def _largest_of(folder: Path) -> int:
    """Return the largest number among the versions of a name; 0 where the last of them goes meanwhile."""
    try:
        status = folder.lstat()
        return _largest(folder, status.st_mtime_ns, status.st_nlink)
    except (FileNotFoundError, NotADirectoryError):
        return 0


@lru_cache(maxsize=100_000)
def _largest(folder: Path, changed: int, links: int) -> int:
    """Return the largest number in a folder; changed, links: by which it is another one once a version came or went,
    for two may come within one tick of a file system's clock."""
    return max((_read(path) for path in folder.iterdir() if VERSION.fullmatch(path.name)), default=0)


def _read(path: Path) -> int:
    """Return the number in a manifest, whose seal is not checked here: it orders, and no more."""
    try:
        found = _NUMBER.search(read_bytes(path / MANIFEST, MAX_BYTES))
    except (OSError, ValueError, IntegrityError):
        return 0
    return int(found[1]) if found else 0
