"""Removal of what killed commands left behind."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from posectl.errors import IntegrityError
from posectl.store import beats, durable
from posectl.store.checkpoints import PREFIX, leftovers, saves
from posectl.store.files import size_of, walk
from posectl.store.layout import Layout
from posectl.store.leases import Lease
from posectl.store.locks import lock_on
from posectl.store.owners import Exclusive
from posectl.store.refs import is_name
from posectl.store.regular import check_folder, is_file, is_folder


@dataclass(frozen=True)
class Junk:
    """A file or folder of the store that is no artifact: its path, its bytes, and what it is."""

    path: Path | str
    size: int
    what: str


@dataclass(frozen=True)
class Collection:
    """The junk that `gc` removed, or would remove, and what it left alone."""

    removed: list[Junk]
    kept: list[Junk]

    @property
    def freed(self) -> int:
        """The bytes that the removal sets free."""
        return sum(junk.size for junk in self.removed)


def collect(
    layout: Layout, *, dry_run: bool, checkpoints: bool, listening: Callable[[int], None] = lambda count: None
) -> Collection:
    """Remove what no live process works on; resumable checkpoints only if `checkpoints`.

    listening: is told, before it may take `beats.SILENCE` seconds, of how many holders on other hosts.
    """
    collection = Collection([], [])
    check_folder(layout.staging)
    with durable.storage_errors(f"clear {layout.staging}"):
        locks = {path: _lock_of(path) for path in _stems(layout.staging)}
        _listen(list(locks.values()), listening)
        for path, lock in locks.items():
            _collect_stem(path, lock, collection, dry_run=dry_run, checkpoints=checkpoints)
        for where, size, remove in layout.uploads():
            junk = Junk(where, size, "sent and never published")
            (collection.removed if remove else collection.kept).append(junk)
            if remove and not dry_run:
                remove()
        for folder in _empty_names(layout):
            collection.removed.append(Junk(folder, 0, "a name without versions"))
            if not dry_run:
                durable.remove_empty(folder)
    return collection


def _stems(staging: Path) -> list[Path]:
    if not is_folder(staging):
        return []
    names = {entry.name.removesuffix(".lock").removesuffix(".part") for entry in staging.iterdir()}
    return [staging / name for name in sorted(names)]


def _lock_of(path: Path) -> Exclusive:
    own = Path(f"{path}.lock")
    return Lease(own) if path.name.startswith(PREFIX) else lock_on(own)


def _listen(locks: list[Exclusive], listening: Callable[[int], None]) -> None:
    """Listen until each holder on another host was heard to beat, or was silent for long."""
    if unheard := [lock for lock in locks if not lock.listen()]:
        listening(len(unheard))
    while unheard:
        time.sleep(beats.BEAT / 4)
        unheard = [lock for lock in unheard if not lock.listen()]


def _collect_stem(path: Path, lock: Exclusive, collection: Collection, *, dry_run: bool, checkpoints: bool) -> None:
    stray = os.path.lexists(lock.path)  # asked before it is taken, which makes the file
    if stray and not is_file(lock.path):  # a link or a pipe is nobody's lock; a dry run cannot look behind it
        collection.removed.append(Junk(lock.path, 0, "no file of a store"))
        if dry_run:
            return
        _take_away(lock.path)
        stray = False
    try:
        free = lock.is_abandoned() and (dry_run or lock.acquire(patience=0))
    except PermissionError:
        collection.kept.append(Junk(path, _size(path), "another user's"))
        return
    except IntegrityError:  # something took the lock's place at this very moment; the next `gc` removes it
        collection.kept.append(Junk(lock.path, 0, "no file of a store"))
        return
    if not free:
        owner = lock.owner()
        what = f"in use by process {owner.get('pid', '?')} on {owner.get('host', '?')}"
        collection.kept.append(Junk(path, _size(path), what))
        return
    try:
        for junk in _junk(path, collection, checkpoints):
            collection.removed.append(junk)
            if not dry_run:
                durable.remove_at_once(Path(junk.path))
        if stray:
            collection.removed.append(Junk(lock.path, 0, "a lock that nobody holds"))
    finally:
        lock.release()  # which removes its file, and must be the only one to: another may lock a new one at once


def _take_away(path: Path) -> None:
    """Remove what is no regular file; a lock that took its place is put back: of two who clear one moves it."""
    aside = path.with_name(f"{uuid.uuid4().hex}.part")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if is_file(aside):
            with suppress(FileExistsError):
                os.link(aside, path)
        durable.remove_tree(aside)


def _junk(path: Path, collection: Collection, checkpoints: bool) -> Iterator[Junk]:
    resumable = path.name.startswith(PREFIX) and saves(path)
    if resumable and not checkpoints:
        collection.kept.append(Junk(path, _size(path), "a training that can be resumed"))
        for leftover in leftovers(path):
            yield Junk(leftover, _size(leftover), "a checkpoint never finished")
    elif os.path.lexists(path):
        yield Junk(path, _size(path), "checkpoints" if resumable else "an artifact never finished")
    part = Path(f"{path}.part")
    if os.path.lexists(part):
        yield Junk(part, _size(part), "something never finished")


def _empty_names(layout: Layout) -> list[Path]:
    if not is_file(layout.mark):
        return []
    return [path for path in layout.root.iterdir() if is_name(path.name) and is_folder(path) and _is_empty(path)]


def _is_empty(folder: Path) -> bool:
    with suppress(FileNotFoundError):  # another `gc` was first
        return not any(folder.iterdir())
    return False


def _size(path: Path) -> int:
    """Return the bytes of a file or folder; 0 where it is gone, goes meanwhile, or may not be looked at."""
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        return sum(size_of(path / name) or 0 for name in walk(path)) if is_folder(path) else path.lstat().st_size
    return 0
