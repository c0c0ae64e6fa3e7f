"""The paths of everything in a store's folder, found by listing folders alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from posectl.errors import IntegrityError, InvalidInputError
from posectl.store import durable
from posectl.store.locks import held
from posectl.store.refs import VERSION, is_name
from posectl.store.regular import check_folder, is_file, is_folder
from posectl.store.sealed import MAX_BYTES, decode, encode, read_bytes, read_sealed, seal

TABLES = ALIASES, REMOVED = "aliases.json", "removed.json"
FORMAT = "posectl-store"
FORMAT_VERSION = 1
MARK = {"format": FORMAT, "version": FORMAT_VERSION}


class Layout:
    """The paths of one store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mark = root / "store.json"
        # What lies in here belongs to whoever holds the lock of the same stem: `x`, `x.part` and `x.lock` go together.
        self.staging = root / ".staging"

    @property
    def place(self) -> str:
        """Where the store lies, as a person would write it."""
        return str(self.root)

    def check(self) -> None:
        """Raise InvalidInputError or IntegrityError unless the folder is a store of this format, empty or not there."""
        if is_file(self.mark):
            check_mark(read_bytes(self.mark, MAX_BYTES), str(self.root))
        elif self.root.is_dir():
            others = any(entry.name != self.staging.name for entry in self.root.iterdir())
            if others and not is_file(self.mark):  # asked again: another process may have made the store meanwhile
                raise InvalidInputError(
                    f"{self.root} is not a posectl store: it holds other files.",
                    "Choose another folder with --store or POSECTL_STORE.",
                )
        elif self.root.exists():
            raise InvalidInputError(f"{self.root} is a file, not a store.", "Choose a folder with --store.")

    def strangers(self) -> str:
        """Return a sentence where others may change the store: another user owns it, or all may write; else empty."""
        if not is_file(self.mark) or not hasattr(os, "geteuid"):
            return ""
        status = self.root.stat()
        if status.st_uid not in (0, os.geteuid()):
            return f"The store {self.root} belongs to another user, who may change what is in it."
        return f"Any user may change the store {self.root}: `chmod o-w` ends that." if status.st_mode & 0o002 else ""

    def make(self) -> None:
        """Make the store if it is not there yet; raise IntegrityError where .staging leads elsewhere."""
        check_folder(self.staging)
        if not is_file(self.mark):
            self.check()
            if around := next((parent for parent in self.root.parents if (parent / "store.json").is_file()), None):
                raise InvalidInputError(
                    f"{self.root} lies inside the store {around}.", "Choose a folder outside it with --store."
                )
            durable.make_folder(self.staging)
            with held(self.staging / "store.lock"):
                durable.replace_file(self.mark, encode(MARK), self.staging / "store.part")
        elif not self.staging.is_dir():
            durable.make_folder(self.staging)

    def is_canonical(self) -> bool:
        """Return whether store.json is, byte for byte, what this release writes."""
        return read_bytes(self.mark, MAX_BYTES) == encode(MARK)

    def strays(self) -> Iterator[tuple[str, Path]]:
        """Yield what belongs to no store: the name in whose folder it lies, or the store's place, and its path."""
        for entry in sorted(self.root.iterdir()):
            if entry == self.mark or (entry == self.staging and is_folder(entry)):
                continue
            if not is_folder(entry) or not is_name(entry.name):
                yield self.place, entry
                continue
            for inner in sorted(entry.iterdir()):
                if not (inner.name in TABLES and is_file(inner)) and not (
                    is_folder(inner) and VERSION.fullmatch(inner.name)
                ):
                    yield entry.name, inner

    def folder(self, name: str) -> Path:
        """Return the folder of a name's versions."""
        return self.root / name

    def version(self, name: str, version: int) -> Path:
        """Return the folder of one version."""
        return self.root / name / f"v{version}"

    def name_lock(self, name: str) -> Path:
        """Return the lock's file that is held while a name's aliases change or a version of it is removed."""
        return self.staging / f"name-{name}.lock"

    def names(self) -> list[str]:
        """Return every name that has a version, sorted."""
        with durable.storage_errors(f"list {self.root}"):
            if not self.root.is_dir():
                return []
            return sorted(entry.name for entry in self.root.iterdir() if is_name(entry.name) and _has_version(entry))

    def versions(self, name: str) -> list[int]:
        """Return the versions of a name in ascending order."""
        folder = self.folder(name)
        with durable.storage_errors(f"list {folder}"):
            if not is_folder(folder):
                return []
            matches = (VERSION.fullmatch(entry.name) for entry in _entries(folder) if is_folder(entry))
            return sorted(int(match[1]) for match in matches if match)

    def next_version(self, name: str) -> int:
        """Return one more than the highest version that ever was: a ref never comes to mean something else."""
        present = self.versions(name)  # before `removed`: whoever removes writes there first, then takes it away
        return max([0, *present, *(int(version[1:]) for version in self.removed(name))]) + 1

    def tabled(self) -> list[str]:
        """Return every name that may have tables, those without versions, too."""
        return sorted(entry.name for entry in self.root.iterdir() if is_name(entry.name) and is_folder(entry))

    def commit(self, folder: Path, name: str, check: Callable[[], None]) -> Path:
        """Make a finished folder of .staging the next version of `name`, at one instant; return its path.

        check: raises unless the name may have it; nobody publishes under the name meanwhile.
        """
        while not (target := self._rename(folder, name, check)):
            pass
        durable.fsync(target.parent)
        return target

    def _rename(self, folder: Path, name: str, check: Callable[[], None]) -> Path | None:
        """Take the next number, which nobody may take or remove meanwhile; None if it is to be tried again."""
        with held(self.name_lock(name)):
            check_folder(self.folder(name))
            check()
            durable.make_folder(self.folder(name))
            target = self.version(name, self.next_version(name))
            try:
                return target if durable.rename_new(folder, target) else None
            except FileNotFoundError:  # `gc` removed the name's folder while it was empty
                if not folder.is_dir():
                    check()  # else somebody removed it
                    raise
                return None

    def take_out(self, name: str, version: str, aside: Path) -> None:
        """Move a version out of the store, to a path in .staging; the caller holds `name_lock`."""
        (self.folder(name) / version).rename(aside)
        durable.fsync(self.folder(name))

    @contextmanager
    def examined(self, folder: Path, whole: bool) -> Iterator[Path]:
        """Yield a folder with what lies in the store of a version: its own. whole: not the files' sizes alone."""
        yield folder

    def uploads(self) -> Iterator[tuple[str, int, Callable[[], None] | None]]:
        """Yield what was sent here and never published: where, its bytes, and what removes it, if that may be."""
        yield from ()

    def aliases(self, name: str) -> dict[str, str]:
        """Return alias -> "v3"; raise IntegrityError if the file was changed."""
        return self._table(name, ALIASES)

    def removed(self, name: str) -> dict[str, dict[str, Any]]:
        """Return version ("v3") -> {"digest", "at"} for every version that was removed."""
        return self._table(name, REMOVED)

    def change(self, name: str, table: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replace a name's table, ALIASES or REMOVED, by what `change` makes of it; the caller holds `name_lock`."""
        path, before = self.folder(name) / table, self._table(name, table)
        if (after := change(before)) != before:
            durable.replace_file(path, seal(after), self.staging / f"name-{name}.part")

    def _table(self, name: str, table: str) -> dict[str, Any]:
        path = self.folder(name) / table
        with durable.storage_errors(f"read {path}"):
            if not is_folder(path.parent) or not os.path.lexists(path):
                return {}
            return check_table(read_sealed(path, "Restore it from a copy, or delete it and do without."), path)


def _has_version(folder: Path) -> bool:
    return is_folder(folder) and any(VERSION.fullmatch(entry.name) for entry in _entries(folder))


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where `gc` removed it meanwhile."""
    with suppress(FileNotFoundError):
        return list(folder.iterdir())
    return []


def check_table(table: dict[str, Any], path: Path | str) -> dict[str, Any]:
    """Return a table of aliases or of what was removed; raise IntegrityError unless it lists versions."""
    of_aliases = str(path).endswith(ALIASES)
    versions = table.values() if of_aliases else table
    of = str if of_aliases else dict
    if not all(isinstance(value, of) for value in table.values()) or not all(map(VERSION.fullmatch, versions)):
        raise IntegrityError(f"{path} does not list versions.")
    return table


def check_mark(data: bytes, place: str) -> None:
    """Raise InvalidInputError or IntegrityError unless these are the bytes of a store.json that this release reads."""
    path = f"{place}/store.json"
    try:
        mark = decode(data)
    except ValueError as error:
        raise IntegrityError(f"{path} is damaged: {error}.", f"It should hold {MARK}.") from error
    if not isinstance(mark, dict) or mark.get("format") != FORMAT or type(mark.get("version")) is not int:
        raise InvalidInputError(f"{path} is not that of a posectl store.", "Choose another folder with --store.")
    if mark["version"] > FORMAT_VERSION:
        raise InvalidInputError(
            f"The store {place} has format {mark['version']}; this posectl reads up to {FORMAT_VERSION}.",
            "Upgrade posectl: pip install -U posectl.",
        )
    if mark["version"] < 1:
        raise IntegrityError(f"{path} names the format version {mark['version']}, which never was.")
