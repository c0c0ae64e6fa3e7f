"""Export of artifacts to one zip, the same bytes for the same artifacts, and import of whole archives only.

An archive holds `<name>/v<N>/<file>`, sorted, stored and not compressed (the chunks are already), with one fixed time.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

from posectl.content import head_of, other_format
from posectl.errors import IntegrityError, InvalidInputError, UsageError, unwritable
from posectl.inputs import open_input
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bundle import MANIFEST
from posectl.store.catalogue import Catalogue
from posectl.store.files import MAX_FILES, check_paths, size_of
from posectl.store.refs import VERSION, is_name
from posectl.store.regular import open_below
from posectl.store.staging import Staging
from posectl.store.transfer import check_free, find
from posectl.store.verify import VALUES, bundle_problems

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCK = 2**20


def export(artifacts: Iterable[Artifact], zip_path: Path) -> None:
    """Write the archive of some artifacts, checking each byte on its way; it appears whole or not at all.

    Raises IntegrityError if an artifact is damaged, UnavailableError where nothing can be written.
    """
    if zip_path.is_dir():
        raise UsageError(f"{zip_path} is a folder.", "Name a file in it.")
    try:
        with durable.new_file(zip_path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for artifact in sorted(artifacts, key=lambda each: (each.name, each.version)):
                _add(archive, artifact)
    except OSError as error:
        raise unwritable(zip_path, error) from error


def import_archive(catalogue: Catalogue, zip_path: Path) -> list[Artifact]:
    """Publish each artifact of an archive as the next version of its name; return them, or the same ones already here.

    Everything is unpacked in .staging and verified, values too, before any of it is published. Raises NotFoundError,
    InvalidInputError naming the entry that no export would write, IntegrityError, and ConflictError for a name that is
    another kind's here.
    """
    open_input(zip_path).close()  # which says what is wrong with what is no file
    with durable.storage_errors(f"import {zip_path}"), ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(zip_path))
            folders = _inspect(archive, zip_path)
            staged = []
            for (name, _), entries in folders.items():
                staging = Staging(catalogue.layout)
                stack.callback(staging.discard)
                staged.append((name, staging, _unpack(archive, entries, staging.path)))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            head = head_of(zip_path)
            if not head.startswith(b"PK") and (other := other_format(str(zip_path), head, "an exported zip")):
                raise other from error
            raise InvalidInputError(f"{zip_path} is no whole zip file: {error}.", "Export it again.") from error
        for name, staging, artifact in staged:
            _check(artifact, name, zip_path)
            if not find(catalogue, artifact):
                check_free(catalogue, artifact)
            durable.fsync_tree(staging.path)
        return [
            find(catalogue, artifact) or Artifact(staging.commit(name, partial(check_free, catalogue, artifact)))
            for name, staging, artifact in staged
        ]


def _add(archive: zipfile.ZipFile, artifact: Artifact) -> None:
    folder = f"{artifact.name}/v{artifact.version or 1}"
    artifact.fetch()
    entries = {**{name: entry["sha256"] for name, entry in artifact.files.items()}, MANIFEST: ""}
    for name, sha256 in sorted(entries.items()):
        info = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
        info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
        path = artifact.path / name
        info.file_size = size_of(path) or 0
        with open_below(artifact.path, name) as source, archive.open(info, "w") as target:
            if _copy(source, target, info.file_size) != sha256 and sha256:
                raise IntegrityError(f"{path} has changed since it was published.", "See `posectl store verify`.")


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> str:
    """Copy `size` bytes and return their sha256; raise IntegrityError if `source` holds more or fewer."""
    digest, left = hashlib.sha256(), size
    while block := source.read(_BLOCK):
        left -= len(block)
        if left < 0:
            break
        digest.update(block)
        target.write(block)
    if left:
        raise IntegrityError(f"{getattr(source, 'name', 'A file')} does not hold the {size} bytes that it should.")
    return digest.hexdigest()


def _inspect(archive: zipfile.ZipFile, path: Path) -> dict[tuple[str, int], dict[str, zipfile.ZipInfo]]:
    """Return (name, version) -> its entries by file, not unpacked; raise InvalidInputError if no export holds such."""
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise InvalidInputError(f"{path} holds {len(infos)} entries, which are too many.")
    for info in infos:
        if reason := _refusal(info):
            raise InvalidInputError(f"{path} holds {info.orig_filename!r}, which {reason}; nothing was imported.")
    try:
        check_paths(info.filename for info in infos)
    except ValueError as error:
        raise InvalidInputError(f"{path} is not safe to unpack: {error}; nothing was imported.") from error
    if sum(info.file_size for info in infos) > path.stat().st_size:
        raise InvalidInputError(f"{path} declares more bytes than it holds; nothing was imported.")
    folders: dict[tuple[str, int], dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for info in infos:
        name, version, file = info.filename.split("/", 2)
        folders[name, int(version[1:])][file] = info
    for (name, number), entries in folders.items():
        if MANIFEST not in entries:
            raise InvalidInputError(f"{path} holds no {name}/v{number}/{MANIFEST}; nothing was imported.")
    if not folders:
        raise InvalidInputError(f"{path} holds no artifact.", "`posectl store export` writes one that does.")
    return dict(sorted(folders.items()))


def _refusal(info: zipfile.ZipInfo) -> str:
    """Return why an entry cannot be one of an export, as the end of a sentence; empty if it can."""
    parts = info.orig_filename.split("/")
    if info.orig_filename.startswith("/") or ":" in info.orig_filename:
        return "is an absolute path"
    if ".." in parts:
        return "leads outside"
    if "\\" in info.orig_filename or info.orig_filename != info.filename:
        return "is no plain path"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is a symlink" if kind == stat.S_IFLNK else "is no plain file"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        return f"is compressed, from {info.file_size} bytes to {info.compress_size}, as no export is"
    if len(parts) < 3 or not is_name(parts[0]) or not VERSION.fullmatch(parts[1]):
        return "is not in the folder of a version, name/v1/"
    return ""


def _unpack(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], folder: Path) -> Artifact:
    for name, info in entries.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("xb") as file:
            _copy(source, file, info.file_size)
    return Artifact(folder)


def _check(artifact: Artifact, name: str, path: Path) -> None:
    for _, message in bundle_problems(artifact, VALUES):
        raise IntegrityError(f"{path} holds a damaged {name}: {message}; nothing was imported.", "Export it again.")
    if artifact.name != name:
        raise IntegrityError(f"{path} holds {artifact.name!r} under the name {name!r}; nothing was imported.")
