"""Writing that survives a crash: fsync before the rename, one rename to make it visible, fsync after."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from posectl.errors import PosectlError, UnavailableError
from posectl.outputs import kept_mode
from posectl.store.locks import lock_until_closed

_DAY = 24 * 3600.0
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}
_HINTS = {
    errno.ENOSPC: "Free some space (`posectl store gc` clears what killed commands left), or choose another {place}.",
    errno.EDQUOT: "Free some space (`posectl store gc` clears what killed commands left), or choose another {place}.",
    errno.EFBIG: "Raise the limit on file sizes (`ulimit -f`), or choose another {place}.",
    errno.EROFS: "Choose another {place}, or mount this one for writing.",
    errno.EACCES: "Choose another {place}, or ask its owner for access.",
    errno.EPERM: "Choose another {place}, or ask its owner for access.",
    errno.EMFILE: "Raise the limit on open files (`ulimit -n`).",
    errno.ENFILE: "Close some programs: the system has too many files open.",
    errno.ENOLCK: "This file system has no locks: choose a {place} on another.",
    errno.EIO: "The disk may be failing: copy the store elsewhere, then `posectl store verify` the copy.",
}


@contextmanager
def storage_errors(doing: str, place: str = "--store") -> Iterator[None]:
    """Turn an OSError of the disk into one sentence, "Cannot `doing`: No space left on device.", and a hint.

    place: what may be another, as a person would say it.
    """
    try:
        yield
    except PosectlError:
        raise
    except OSError as error:
        raise explained(error, doing, place) from error


def explained(error: OSError, doing: str, place: str = "--store") -> UnavailableError:
    """Return an error of the disk in one sentence, with a hint."""
    where = f" ({error.filename})" if error.filename else ""
    hint = _HINTS.get(error.errno or 0, "See that the disk is there and can be written, or choose another {place}.")
    return UnavailableError(f"Cannot {doing}: {error.strerror or error}{where}.", hint.format(place=place))


def fsync(path: Path) -> None:
    """Ask the disk to keep a file's, or a folder's, present content."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and syncs no file that it may not write
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


def fsync_tree(folder: Path) -> None:
    """Ask the disk to keep every file and folder under `folder`, and itself."""
    from concurrent.futures import ThreadPoolExecutor

    paths = [Path(parent, name) for parent, _, files in os.walk(folder) for name in [*files, ""]]
    with ThreadPoolExecutor(8) as pool:  # the journal takes those that come together in one commit
        list(pool.map(fsync, paths))


def write_file(path: Path, data: bytes) -> None:
    """Write a new file, which is on the disk when this returns."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes, scratch: Path) -> None:
    """Replace the file at `path` by one with `data`, at one instant.

    scratch: the path to write it to first, on the same file system; the caller's own, by a lock that he holds.
    """
    scratch.unlink(missing_ok=True)
    try:
        write_file(scratch, data)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    fsync(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path`, whole and on the disk, once the block ends well; its folder, too, if
    there is none.

    Where `path` is a link, what it leads to is replaced; an older file's permissions are kept, and one that may not be
    written stays. A device or pipe, which has no content to lose, is written to as it is.

    Where the file system can do it the file has no name until then, and a kill leaves nothing. Elsewhere, and at the
    instant at which an older file gives way, a kill leaves a `.part` beside it, which the next call takes away.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    mode = kept_mode(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    make_folder(path.parent)
    _sweep(path)
    try:
        with _nameless(path.parent) or temporary.open("x+b") as file:
            lock_until_closed(file)  # by which others see that its writer lives
            yield file
            file.flush()
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            if not temporary.exists() and not _named(file, path):
                _name(file, temporary)
            if temporary.exists():
                if os.name == "nt":
                    file.close()  # Windows renames no open file
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync(path.parent)


def _sweep(path: Path) -> None:
    """Remove what killed writers of `path` left beside it: files with a free lock or, without locks, of a day ago."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError):
            with left.open("rb") as file:
                free = lock_until_closed(file)
            if free or (free is None and time.time() - left.stat().st_mtime > _DAY):
                left.unlink()


def _nameless(folder: Path) -> BinaryIO | None:
    try:
        return open(os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666), "w+b")
    except (AttributeError, OSError):  # not Linux, or a file system without; a real failure shows in the next attempt
        return None


def _named(file: BinaryIO, path: Path) -> bool:
    """Give an open file its name if that is free; return False if it is taken."""
    try:
        _name(file, path)
    except FileExistsError:
        return False
    return True


def _name(file: BinaryIO, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:  # given a folder's descriptor, Python calls linkat, which alone follows the link that leads to the open file
        os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def rename_new(source: Path, target: Path) -> bool:
    """Rename a folder to a name that nothing has; return False, and do nothing, if something has."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def make_folder(path: Path) -> None:
    """Make a folder, which is on the disk when this returns, unless it is there already."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    fsync(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a file or folder; if it is already gone, or goes meanwhile, that is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=_unless_gone)
    else:
        path.unlink(missing_ok=True)


def remove_at_once(path: Path) -> None:
    """Remove a file or folder that whoever made it may yet want to rename: it is away before any of it is removed."""
    aside = path.with_name(f"{uuid.uuid4().hex}.part")
    with suppress(FileNotFoundError):
        path.rename(aside)
        remove_tree(aside)


def remove_empty(folder: Path) -> None:
    """Remove a folder if nothing is in it."""
    with suppress(OSError):
        folder.rmdir()


def _unless_gone(function: object, path: str, failure: tuple[type[BaseException], BaseException, object]) -> None:
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]
