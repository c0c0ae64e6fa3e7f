"""Checks that a store holds what was published, byte for byte.

Levels, each with all before it: 1 the manifest and the files' sizes; 2 every file's sha256, and no other file; 3 every
array decoded, against the digest of the values that were put; 4 the parents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posectl.errors import IntegrityError, NotFoundError, PosectlError, UsageError
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bundle import MANIFEST, Bundle
from posectl.store.catalogue import Catalogue
from posectl.store.files import FileEntry, sha256_of, size_of, walk
from posectl.store.headers import STRING, ArrayInfo
from posectl.store.lineage import find_parent
from posectl.store.refs import Ref
from posectl.store.regular import is_file, open_below
from posectl.store.sealed import MAX_BYTES, decode, encode

SIZES, BYTES, VALUES, PARENTS = LEVELS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Problem:
    """A thing that is not as published: whose it is, where, and what."""

    ref: str
    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.ref}: {self.message}"


def verify(catalogue: Catalogue, ref: str | Path | Ref | None, level: int) -> list[Problem]:
    """Return every problem of one artifact, or of the whole store where `ref` is None."""
    if level not in LEVELS:
        raise UsageError(f"There is no verification level {level}.", f"Levels: {', '.join(map(str, LEVELS))}.")
    with durable.storage_errors(f"verify {catalogue.place}"):
        if ref is not None:
            return list(_artifact_problems(catalogue, catalogue.locate(ref), level))
        problems = list(_store_problems(catalogue))
        for name in catalogue.names():
            for version in catalogue.versions(name):
                problems += _artifact_problems(catalogue, Artifact(catalogue.layout.version(name, version)), level)
        return problems


def bundle_problems(bundle: Bundle, level: int) -> Iterator[tuple[Path, str]]:
    """Yield the path and message of every problem, up to level 3."""
    try:
        files = bundle.files
    except PosectlError as error:
        yield bundle.path / MANIFEST, error.message
        return
    damaged = False
    for name, entry in files.items():
        path = bundle.path / name
        if (size := size_of(path)) != entry["size"]:
            damaged = True
            yield path, f"{name} is missing" if size is None else f"{name} holds {size} bytes, not {entry['size']}"
        elif level >= BYTES and (message := _change(bundle, entry)):
            damaged = True
            yield path, message
    if level >= BYTES:
        for name in sorted(set(walk(bundle.path)) - files.keys() - {MANIFEST}):
            yield bundle.path / name, f"{name} was not published"
    if level >= VALUES and not damaged:
        yield from _value_problems(bundle)


def _change(bundle: Bundle, entry: FileEntry) -> str:
    """Return how a file differs from the one published; empty if it does not."""
    try:
        return "" if sha256_of(bundle.path, entry["path"]) == entry["sha256"] else f"{entry['path']} has changed"
    except IntegrityError as error:
        return error.message


def _artifact_problems(catalogue: Catalogue, artifact: Artifact, level: int) -> Iterator[Problem]:
    try:
        with catalogue.layout.examined(artifact.path, whole=level >= BYTES) as folder:
            found = [
                (artifact.path / path.relative_to(folder), message)
                for path, message in bundle_problems(Artifact(folder), level)
            ]
        if not found:
            found = list(_identity_problems(artifact))
    except (OSError, NotFoundError):
        if artifact.path.is_dir():
            raise
        found = []
    if not artifact.path.is_dir():
        return  # it was removed meanwhile
    for path, message in found:
        yield Problem(artifact.ref, path, message)
    if level >= PARENTS and not found:
        for parent in artifact.parents:
            if find_parent(catalogue, parent) is None:
                message = f"its {parent.role} {parent.ref} (sha256:{parent.digest[:12]}) is not in the store"
                yield Problem(artifact.ref, artifact.path, message)


def _identity_problems(artifact: Artifact) -> Iterator[tuple[Path, str]]:
    try:
        if artifact.version and artifact.name != artifact.path.parent.name:
            yield artifact.path, f"it was published as {artifact.name!r}"
    except PosectlError as error:
        yield artifact.path / MANIFEST, error.message


def _value_problems(bundle: Bundle) -> Iterator[tuple[Path, str]]:
    try:
        for name, info in bundle.arrays().items():
            if _digest(bundle, name, info) != info.sha256:
                yield bundle.path / name, f"the values of {name} are not those that were put"
    except IntegrityError as error:
        yield bundle.path, error.message
    if not _lists_its_headers(bundle):
        yield bundle.path / "zarr.json", "zarr.json does not repeat the headers of the arrays"


def _digest(bundle: Bundle, name: str, info: ArrayInfo) -> str:
    """Return the digest of an array's values as they lie on the disk, read in blocks of rows."""
    if info.dtype == STRING:
        from posectl.store.arrays import sha256_of_values

        return sha256_of_values(bundle.read(name))
    digest = hashlib.sha256()
    for rows in bundle.row_blocks(name):
        digest.update(bundle.read(name, rows).tobytes())
    return digest.hexdigest()


def _lists_its_headers(bundle: Bundle) -> bool:
    """Return whether the root's copy of the headers, which zarr and xarray go by, agrees with each array's own file."""
    try:
        listed = decode(_read(bundle, "zarr.json"))["consolidated_metadata"]["metadata"]
        own = {
            path.removesuffix("/zarr.json"): decode(_read(bundle, path))
            for path in bundle.files
            if path.endswith("/zarr.json")
        }
        for node in listed.values():
            node.pop("consolidated_metadata", None)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return encode(listed) == encode(own)


def _read(bundle: Bundle, name: str) -> bytes:
    with open_below(bundle.path, name) as file:
        return file.read(MAX_BYTES + 1)


def _store_problems(catalogue: Catalogue) -> Iterator[Problem]:
    layout = catalogue.layout
    if not is_file(layout.mark):
        return
    if not layout.is_canonical():
        yield Problem(catalogue.place, layout.mark, "store.json has changed")
    for owner, path in layout.strays():
        yield Problem(owner, path, f"{path.name} does not belong to the store")
    for name in layout.tabled():
        yield from _table_problems(catalogue, name)


def _table_problems(catalogue: Catalogue, name: str) -> Iterator[Problem]:
    folder, versions = catalogue.layout.folder(name), catalogue.versions(name)
    try:
        catalogue.layout.removed(name)
        for alias, version in catalogue.aliases(name).items():
            if int(version[1:]) not in versions:
                yield Problem(name, folder / "aliases.json", f"the alias {alias!r} means {version}, which is not there")
    except IntegrityError as error:
        yield Problem(name, folder, error.message)
