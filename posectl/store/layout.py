"""The paths of everything in a store's folder, found by listing folders alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from posectl.errors import IntegrityError, InvalidInputError
from posectl.store import durable
from posectl.store.locks import held
from posectl.store.refs import VERSION, is_name
from posectl.store.regular import check_folder, is_file, is_folder
from posectl.store.sealed import MAX_BYTES, decode, encode, read_bytes, read_sealed, seal

FORMAT = "posectl-store"
FORMAT_VERSION = 1
_MARK = {"format": FORMAT, "version": FORMAT_VERSION}


class Layout:
    """The paths of one store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mark = root / "store.json"
        # What lies in here belongs to whoever holds the lock of the same stem: `x`, `x.part` and `x.lock` go together.
        self.staging = root / ".staging"

    def check(self) -> None:
        """Raise InvalidInputError or IntegrityError unless the folder is a store of this format, empty or not there."""
        if is_file(self.mark):
            _check_mark(self.mark)
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
                durable.replace_file(self.mark, encode(_MARK), self.staging / "store.part")
        elif not self.staging.is_dir():
            durable.make_folder(self.staging)

    def is_canonical(self) -> bool:
        """Return whether store.json is, byte for byte, what this release writes."""
        return read_bytes(self.mark, MAX_BYTES) == encode(_MARK)

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

    def aliases(self, name: str) -> dict[str, str]:
        """Return alias -> "v3"; raise IntegrityError if the file was changed."""
        return self._table(name, "aliases.json", str)

    def write_aliases(self, name: str, aliases: dict[str, str]) -> None:
        """Replace a name's aliases; the caller holds `name_lock`."""
        durable.replace_file(self.folder(name) / "aliases.json", seal(aliases), self._scratch(name))

    def removed(self, name: str) -> dict[str, dict[str, Any]]:
        """Return version ("v3") -> {"digest", "at"} for every version that was removed."""
        return self._table(name, "removed.json", dict)

    def write_removed(self, name: str, removed: dict[str, dict[str, Any]]) -> None:
        """Replace the record of what was removed; the caller holds `name_lock`."""
        durable.replace_file(self.folder(name) / "removed.json", seal(removed), self._scratch(name))

    def _table(self, name: str, file: str, of: type) -> dict[str, Any]:
        path = self.folder(name) / file
        with durable.storage_errors(f"read {path}"):
            if not is_folder(path.parent) or not os.path.lexists(path):
                return {}
            table = read_sealed(path, "Restore it from a copy, or delete it and do without.")
        versions = table.values() if of is str else table
        if not all(isinstance(value, of) for value in table.values()) or not all(map(VERSION.fullmatch, versions)):
            raise IntegrityError(f"{path} does not list versions.")
        return table

    def _scratch(self, name: str) -> Path:
        return self.staging / f"name-{name}.part"


def _has_version(folder: Path) -> bool:
    return is_folder(folder) and any(VERSION.fullmatch(entry.name) for entry in _entries(folder))


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where `gc` removed it meanwhile."""
    with suppress(FileNotFoundError):
        return list(folder.iterdir())
    return []


def _check_mark(path: Path) -> None:
    try:
        mark = decode(read_bytes(path, MAX_BYTES))
    except ValueError as error:
        raise IntegrityError(f"{path} is damaged: {error}.", f"It should hold {_MARK}.") from error
    if not isinstance(mark, dict) or mark.get("format") != FORMAT or type(mark.get("version")) is not int:
        raise InvalidInputError(f"{path} is not that of a posectl store.", "Choose another folder with --store.")
    if mark["version"] > FORMAT_VERSION:
        raise InvalidInputError(
            f"The store {path.parent} has format {mark['version']}; this posectl reads up to {FORMAT_VERSION}.",
            "Upgrade posectl: pip install -U posectl.",
        )
    if mark["version"] < 1:
        raise IntegrityError(f"{path} names the format version {mark['version']}, which never was.")
