"""Local copies of what lies on object storage: a version's folder is filled file by file, as it is read."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from posectl.errors import IntegrityError, InvalidInputError, NotFoundError, UnavailableError
from posectl.store import locations
from posectl.store.files import FileEntry, size_of, walk
from posectl.store.refs import VERSION
from posectl.store.regular import is_file

if TYPE_CHECKING:
    from posectl.store.bucket import Bucket
    from posectl.store.bundle import Bundle

FILES, MANIFEST, URL = ".files/", "manifest.json", ".url"
AT_ONCE = 8  # requests
_BOUND = 20.0  # GB in all copies, unless POSECTL_CACHE_GB says otherwise
_HINT = "`posectl store verify` says what is damaged; restore it from a copy, or make it again."


def is_copy(folder: Path) -> bool:
    """Return whether a folder is that of a version in a local copy."""
    return (
        folder.is_relative_to(locations.cache())
        and VERSION.fullmatch(folder.name) is not None
        and is_file(folder.parents[1] / URL)
    )


def fetch(bundle: Bundle, part: str) -> None:
    """Have the files whose paths begin with `part` in the folder of a local copy, each checked on its way.

    Raises IntegrityError for one that is not as published, NotFoundError where the version was removed.
    """
    wanted = [entry for name, entry in bundle.files.items() if name.startswith(part)]
    missing = [entry for entry in wanted if size_of(bundle.path / entry["path"]) != entry["size"]]
    if missing:
        bucket, start = _bucket_of(bundle.path), _start_of(bundle)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda entry: _bring(bucket, start, bundle, entry), missing))
        _trim(bundle.path)
    with suppress(OSError):
        os.utime(bundle.path)  # by which the copies longest unread are found


def forget(bundle: Bundle, part: str) -> None:
    """Remove files from a local copy, to be fetched again."""
    for name in bundle.files:
        if name.startswith(part):
            (bundle.path / name).unlink(missing_ok=True)


def check_sizes(bundle: Bundle) -> None:
    """Raise IntegrityError unless every file of a version, in the bucket if not here, is there in its size."""
    if all(size_of(bundle.path / name) == entry["size"] for name, entry in bundle.files.items()):
        return
    bucket, start = _bucket_of(bundle.path), _start_of(bundle)
    sizes = {entry.key.removeprefix(start): entry.size for entry in bucket.list(start)}
    for name, entry in bundle.files.items():
        if sizes.get(name) != entry["size"]:
            _raise_if_removed(bucket, bundle)
            how = f"holds {sizes[name]} bytes instead of {entry['size']}" if name in sizes else "is missing"
            raise IntegrityError(f"{bucket.url}/{start}{name} of {_ref(bundle)} {how}.", _HINT)


def files_of(manifest: bytes) -> str:
    """Return the beginning of the keys under which the files of a manifest lie."""
    return f"{FILES}{hashlib.sha256(manifest).hexdigest()}/"


def _start_of(bundle: Bundle) -> str:
    try:
        return files_of((bundle.path / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise NotFoundError(f"{_ref(bundle)} was removed meanwhile.", "See `posectl store ls`.") from error


def write(path: Path, data: bytes) -> None:
    """Write a file of a local copy, whole or not at all; it can be fetched again, and is not forced to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def _bring(bucket: Bucket, start: str, bundle: Bundle, entry: FileEntry) -> None:
    data = bucket.get(start + entry["path"])
    if data is None:
        _raise_if_removed(bucket, bundle)
        raise IntegrityError(f"{bucket.url}/{start}{entry['path']} of {_ref(bundle)} is missing.", _HINT)
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        what = f"{bucket.url}/{start}{entry['path']} of {_ref(bundle)} has changed since it was published."
        raise IntegrityError(what, _HINT)
    write(bundle.path / entry["path"], data)


def _ref(bundle: Bundle) -> str:
    return f"{bundle.path.parent.name}:{bundle.path.name}"


def _raise_if_removed(bucket: Bucket, bundle: Bundle) -> None:
    key = f"{bundle.path.parent.name}/{bundle.path.name}/{MANIFEST}"
    if bucket.get(key) is None:
        raise NotFoundError(f"{_ref(bundle)} was removed meanwhile.", "See `posectl store ls`.")


def _bucket_of(folder: Path) -> Bucket:
    url = (folder.parents[1] / URL).read_text()
    if locations.copy_of(url) != folder.parents[1]:
        raise UnavailableError(
            f"{folder} is a copy from another server than that of today.", "Set AWS_ENDPOINT_URL as it was."
        )
    return _opened(url, locations.endpoint())


@cache
def _opened(url: str, endpoint: str) -> Bucket:
    from posectl.store.bucket import Bucket

    return Bucket(url)


def _trim(keep: Path) -> None:
    """Empty the folders of versions that were longest unread, as long as all copies exceed their bound."""
    try:
        bound = float(os.environ.get("POSECTL_CACHE_GB", _BOUND)) * 1e9
    except ValueError as error:
        raise InvalidInputError("POSECTL_CACHE_GB is no number.", "Like POSECTL_CACHE_GB=20.") from error
    folders = [folder for folder in locations.cache().glob("*/*/v*") if is_copy(folder)]
    sizes = {folder: _size(folder) for folder in folders}
    total = sum(sizes.values())
    for folder in sorted(folders, key=_last_read):
        if total <= bound:
            return
        if folder != keep:
            for entry in folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
            total -= sizes[folder]


def _size(folder: Path) -> int:
    with suppress(FileNotFoundError):
        return sum(size_of(folder / name) or 0 for name in walk(folder))
    return 0


def _last_read(folder: Path) -> float:
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return 0.0
