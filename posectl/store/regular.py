"""Regular files and real folders, opened without following a link: a store may come from elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

from posectl.errors import IntegrityError

# A pipe that nobody writes to would keep its reader waiting; Windows has neither flag.
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NOT_AS_ASKED = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EMLINK}


def is_file(path: Path) -> bool:
    """Return whether a regular file, and no link to one, is at the path."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Return whether a folder, and no link to one, is at the path."""
    return stat.S_ISDIR(_mode(path))


def is_other(path: Path) -> bool:
    """Return whether something that is neither is at the path: a link, a pipe, a device."""
    return _mode(path) != 0 and not is_file(path) and not is_folder(path)


def check_folder(path: Path) -> None:
    """Raise IntegrityError if something that is no folder is at the path."""
    if _mode(path) and not is_folder(path):
        raise not_regular(path)


def open_file(path: Path, flags: int = os.O_RDONLY, *, below: int | None = None) -> int:
    """Open a regular file and return its descriptor; raise FileNotFoundError, IntegrityError if it is another thing.

    below: the descriptor of the folder in which the path's last part is looked up.
    """
    if not hasattr(os, "O_NOFOLLOW") and is_other(path):
        raise not_regular(path)
    try:
        descriptor = os.open(path if below is None else path.name, flags | _FILE, 0o666, dir_fd=below)
    except OSError as error:
        if error.errno in _NOT_AS_ASKED and is_other(path):
            raise not_regular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_regular(path)
    return descriptor


def open_below(folder: Path, name: str) -> BufferedReader:
    """Open the file `name`, a path with "/", under a folder for reading, through no link on the way; raises as
    `open_file` does."""
    *parts, _ = name.split("/")
    if os.open not in os.supports_dir_fd:
        for depth in range(1, len(parts) + 1):
            check_folder(folder.joinpath(*parts[:depth]))
        return open(open_file(folder / name), "rb")
    at = os.open(folder, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
    try:
        for depth, part in enumerate(parts, 1):
            try:
                inner = os.open(part, _FOLDER, dir_fd=at)
            except OSError as error:
                if error.errno in _NOT_AS_ASKED:
                    raise not_regular(folder.joinpath(*parts[:depth])) from error
                raise
            os.close(at)
            at = inner
        return open(open_file(folder / name, below=at), "rb")
    finally:
        os.close(at)


def not_regular(path: Path) -> IntegrityError:
    """Return the error that something at the path is not what a store holds there."""
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFREG: "a file"}
    what = kinds.get(stat.S_IFMT(_mode(path)), "no file of its own")
    return IntegrityError(
        f"{path} is {what}, which posectl does not open in a store.", "Remove it, or copy the store with its content."
    )


def _mode(path: Path) -> int:
    """Return the mode of what is at the path itself; 0 where there is nothing."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
