"""The files of a folder: their paths, sizes and sha256, and one digest over them all."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

from posectl.store.regular import open_below

MAX_FILES = 100_000
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")


class FileEntry(TypedDict):
    """One file as a manifest lists it; `path` is relative, with "/"."""

    path: str
    size: int
    sha256: str


def inventory(folder: Path) -> list[FileEntry]:
    """List every file under `folder`, sorted by path."""
    return [
        {"path": name, "size": size_of(folder / name) or 0, "sha256": sha256_of(folder, name)}
        for name in sorted(walk(folder))
    ]


def digest_of(files: Iterable[FileEntry]) -> str:
    """Return the sha256 over the lines path, size, sha256 of the files in their order."""
    lines = "".join(f"{entry['path']}\0{entry['size']}\0{entry['sha256']}\n" for entry in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(folder: Path, name: str) -> str:
    """Return the sha256 of one file under `folder`; raise IntegrityError if it is no regular one."""
    with open_below(folder, name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def walk(folder: Path) -> Iterator[str]:
    """Yield the relative path of every file under `folder`, and of every empty folder, with "/" at its end."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        empty = True
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                empty = False
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{prefix}{entry.name}/")
                else:
                    yield prefix + entry.name
        if empty and prefix:
            yield prefix


def size_of(path: Path) -> int | None:
    """Return the size of a regular file; None where there is none, or a symlink."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def check_paths(paths: Iterable[str]) -> None:
    """Raise ValueError unless each path stays inside its folder and no two could be one file on any file system."""
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}  # casefolded -> as it is written
    for path in paths:
        if not isinstance(path, str) or not all(_PART.fullmatch(part) for part in path.split("/")):
            raise ValueError(f"the path {path!r} is not one that the store would write")
        folded = path.casefold()
        if folded in seen:
            raise ValueError(f"the path {path!r} is there twice, or differs from {seen[folded]!r} in case alone")
        seen[folded] = path
        for parent in _folders(path):
            if folders.setdefault(parent.casefold(), parent) != parent:
                raise ValueError(f"the folder {parent!r} differs from another in case alone")
    if both := seen.keys() & folders.keys():
        raise ValueError(f"the path {min(both)!r} is both a file and a folder")
    if len(seen) > MAX_FILES:
        raise ValueError(f"{len(seen)} files are too many")


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
