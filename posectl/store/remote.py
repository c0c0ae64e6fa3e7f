"""Stores on object storage: what is published lies in a bucket, and a local copy of what was read in a folder.

    store.json                      the store's mark
    <name>/v3/manifest.json         a version: written last, on the condition that there is none
    .files/<sha256>/<path>          its files, by the sha256 of that manifest
    <name>/aliases.json, removed.json

Files cannot lie beside their manifest, for the number of a version is known only once it is taken. Where the manifest's
digest names them, two who publish at once never write one object, whoever is refused a number sends nothing anew, and
who was killed goes on where he was.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from posectl.errors import IntegrityError, InvalidInputError, PosectlError, UnavailableError
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bucket import Bucket, Entry
from posectl.store.bundle import MANIFEST
from posectl.store.files import FileEntry
from posectl.store.layout import MARK, TABLES, Layout, check_mark, check_table
from posectl.store.locations import copy_of
from posectl.store.mirror import AT_ONCE, FILES, URL, files_of, write
from posectl.store.refs import VERSION, is_name
from posectl.store.regular import is_file, open_below
from posectl.store.sealed import MAX_BYTES, decode, encode, seal, unseal

RESUMABLE, ABANDONED = timedelta(days=1), timedelta(days=7)  # ages, by the server's clock, of what was sent
_OWN = re.compile(r"\.staging/.*|\.files/[0-9a-f]{64}/.*")
_probed: set[str] = set()


class RemoteLayout(Layout):
    """The layout of a store in a bucket. `root` is the folder of its local copy, in which drafts and checkpoints lie.

    Raises UnavailableError where the server does not answer, refuses, or ignores conditions on writing.
    """

    def __init__(self, url: str) -> None:
        super().__init__(copy_of(url))
        self.url = url

    @property
    def place(self) -> str:
        return self.url

    @cached_property
    def bucket(self) -> Bucket:
        """The objects."""
        return Bucket(self.url)

    def check(self) -> None:
        mark = self.bucket.get(self.mark.name)
        if mark is not None:
            check_mark(mark, self.url)
        elif self.bucket.holds(unless=lambda key: bool(_OWN.fullmatch(key))):
            raise InvalidInputError(
                f"{self.url} is not a posectl store: it holds other objects.",
                "Choose another prefix with --store or POSECTL_STORE.",
            )
        known = self.mark.read_bytes() if is_file(self.mark) else None
        if known is None:
            with suppress(_ReadOnlyError):
                self._probe()
        if mark != known:
            self._begin_copy(mark)

    def strangers(self) -> str:
        return ""

    def make(self) -> None:
        durable.make_folder(self.staging)
        if not is_file(self.mark):
            self._probe()
            self.bucket.create(self.mark.name, encode({**MARK, "id": uuid.uuid4().hex}))  # or another was first
            self.check()
        elif self.url not in _probed:
            self._probe()

    def is_canonical(self) -> bool:
        data = self.bucket.get(self.mark.name) or b""
        mark = decode(data)
        return encode({**MARK, "id": mark.get("id")}) == data

    def strays(self) -> Iterator[tuple[str, Path]]:
        for entry in self.bucket.list():
            parts = entry.key.split("/")
            if entry.key == self.mark.name or _OWN.fullmatch(entry.key):
                continue
            if not is_name(parts[0]):
                yield self.place, self.root / entry.key
            elif not _version_of(entry) and not (len(parts) == 2 and parts[1] in TABLES):
                yield parts[0], self.root / entry.key

    def tabled(self) -> list[str]:
        return sorted({entry.key.split("/")[0] for entry in self._listed() if is_name(entry.key.split("/")[0])})

    def names(self) -> list[str]:
        return sorted({name for name, _ in self._published()})

    def versions(self, name: str) -> list[int]:
        return sorted(version for _, version in self._published(f"{name}/"))

    def commit(self, folder: Path, name: str, check: Callable[[], None]) -> Path:
        """Send a finished folder of .staging, then its manifest as the next version of `name`; return its path."""
        manifest = (folder / MANIFEST).read_bytes()
        files = Artifact(folder).files
        self._send(folder, files, files_of(manifest))
        number = 0
        while True:
            check()
            number = max(self.next_version(name), number + 1)
            key = f"{name}/v{number}/{MANIFEST}"
            if self.bucket.create(key, manifest):
                if f"v{number}" not in self.removed(name):
                    break
                self.bucket.delete([key])  # one that was published and removed since the number was looked up
        target = self.version(name, number)
        durable.make_folder(target.parent)
        os.utime(folder)  # by which others see that it came just now
        if not durable.rename_new(folder, target):  # another process has a copy of it already
            durable.remove_tree(folder)
            write(target / MANIFEST, manifest)
        return target

    def take_out(self, name: str, version: str, aside: Path) -> None:
        key = f"{name}/{version}/{MANIFEST}"
        manifest = self.bucket.get(key) or b""
        self.bucket.delete([key])
        if files_of(manifest) not in self._starts(f"{name}/"):
            self.bucket.delete(entry.key for entry in self.bucket.list(files_of(manifest)))
        with suppress(FileNotFoundError):
            (self.folder(name) / version).rename(aside)

    @contextmanager
    def examined(self, folder: Path, whole: bool) -> Iterator[Path]:
        key = folder.relative_to(self.root).as_posix()
        with tempfile.TemporaryDirectory(dir=self.root.parent, prefix="verify-") as temporary:
            copy = Path(temporary) / folder.name
            copy.mkdir()
            manifest = self.bucket.get(f"{key}/{MANIFEST}")
            if manifest is None:  # it was removed meanwhile
                durable.remove_tree(folder)
                raise FileNotFoundError(key)
            write(copy / MANIFEST, manifest)
            start, known = files_of(manifest), set[str]()
            with suppress(PosectlError):
                known = set(Artifact(copy).files)

            def bring(entry: Entry) -> None:
                name = entry.key.removeprefix(start)
                path = copy / (
                    name if name in known else re.sub("[^A-Za-z0-9._-]", "-", name)
                )  # which may lead outside
                if whole:
                    write(path, self.bucket.get(entry.key) or b"")
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("wb") as file:
                        file.truncate(entry.size)

            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(bring, self.bucket.list(start)))
            yield copy

    def uploads(self) -> Iterator[tuple[str, int, Callable[[], None] | None]]:
        sent: dict[str, list[Entry]] = {}
        for entry in self.bucket.list(FILES) + self.bucket.list(".staging/"):
            sent.setdefault("/".join(entry.key.split("/")[:2]), []).append(entry)
        published = {start.rstrip("/") for start in self._starts()}  # asked after, so that none is there of later
        now = self.bucket.now() if sent.keys() - published else None
        for key in sorted(sent.keys() - published):
            entries = sent[key]
            old = now is not None and now - max(entry.modified for entry in entries) > ABANDONED
            remove = partial(self.bucket.delete, [entry.key for entry in entries])
            yield f"{self.url}/{key}", sum(entry.size for entry in entries), remove if old else None

    def change(self, name: str, table: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        key = f"{name}/{table}"
        while True:
            tagged = self.bucket.get_tagged(key)
            before = self._parsed(tagged.data, key) if tagged else {}
            if (after := change(before)) == before:
                return
            data = seal(after)
            if self.bucket.replace(key, data, tagged.version) if tagged else self.bucket.create(key, data):
                return

    def _table(self, name: str, table: str) -> dict[str, Any]:
        data = self.bucket.get(f"{name}/{table}")
        return {} if data is None else self._parsed(data, f"{name}/{table}")

    def _parsed(self, data: bytes, key: str) -> dict[str, Any]:
        try:
            return check_table(unseal(data), f"{self.url}/{key}")
        except ValueError as error:
            raise IntegrityError(
                f"{self.url}/{key} is damaged: {error}.", "Restore it from a copy, or delete it and do without."
            ) from error

    def _probe(self) -> None:
        if self.url in _probed:
            return
        try:
            self.bucket.check_conditions()
        except UnavailableError as error:
            if "refuses these credentials" in error.message:
                raise _ReadOnlyError(error.message, error.hint) from None
            raise
        _probed.add(self.url)

    def _begin_copy(self, mark: bytes | None) -> None:
        """Begin the local copy, anew where the bucket holds another store than it did."""
        durable.make_folder(self.root)
        for entry in self.root.iterdir():
            if entry != self.staging:
                durable.remove_tree(entry)
        write(self.root / URL, self.url.encode())
        if mark is not None:
            write(self.mark, mark)

    def _listed(self, prefix: str = "") -> list[Entry]:
        """List the objects that belong to names, which begin with no dot."""
        return self.bucket.list(prefix, after="" if prefix else "/")

    def _published(self, prefix: str = "") -> set[tuple[str, int]]:
        """Return (name, version) of all that is published, and have the manifests in the local copy."""
        found = {place: entry for entry in self._listed(prefix) if (place := _version_of(entry))}
        missing = [
            (entry.key, self.version(*place) / MANIFEST)
            for place, entry in found.items()
            if entry.size <= MAX_BYTES and not is_file(self.version(*place) / MANIFEST)
        ]
        if missing:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda each: self._copy(*each), missing))
        self._forget(prefix, found.keys())
        return set(found)

    def _copy(self, key: str, path: Path) -> None:
        data = self.bucket.get(key)
        if data is not None:  # else it was removed meanwhile
            write(path, data)

    def _forget(self, prefix: str, known: Any) -> None:
        """Remove copies of versions that are gone, unless they came since they were listed."""
        for folder in self.root.glob(f"{prefix or '[!.]*/'}v*"):
            match = VERSION.fullmatch(folder.name)
            if match and (folder.parent.name, int(match[1])) not in known:
                with suppress(OSError):
                    if time.time() - folder.stat().st_mtime > 60:
                        durable.remove_tree(folder)

    def _starts(self, prefix: str = "") -> set[str]:
        """Return the beginnings of the keys of all files that are published."""
        starts = set()
        for name, version in self._published(prefix):
            with suppress(FileNotFoundError):
                starts.add(files_of((self.version(name, version) / MANIFEST).read_bytes()))
        return starts

    def _send(self, folder: Path, files: dict[str, FileEntry], start: str) -> None:
        """Send the files that are not there, each checked; those from long ago again, for `gc` may be at them."""
        there = {entry.key.removeprefix(start): entry for entry in self.bucket.list(start)}
        since = self.bucket.now() - RESUMABLE if there else None

        def send(entry: FileEntry) -> None:
            name = entry["path"]
            if name in there and there[name].size == entry["size"] and since and there[name].modified > since:
                return
            with open_below(folder, name) as file:
                data = file.read()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                raise IntegrityError(f"{folder / name} has changed since it was finished.", "Run it again.")
            self.bucket.put(start + name, data)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(send, files.values()))
        sizes = {entry.key.removeprefix(start): entry.size for entry in self.bucket.list(start)}
        if any(sizes.get(name) != entry["size"] for name, entry in files.items()):
            raise UnavailableError(f"{self.url} does not hold what was sent to it.", "Run it again, which goes on.")


class _ReadOnlyError(UnavailableError):
    """May be read, and not written to."""


def _version_of(entry: Entry) -> tuple[str, int] | None:
    """Return name and version where an object is the manifest of one."""
    parts = entry.key.split("/")
    match = VERSION.fullmatch(parts[1]) if len(parts) == 3 else None
    return (parts[0], int(match[1])) if match and is_name(parts[0]) and parts[2] == MANIFEST else None
