"""An artifact in the making."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from posectl.errors import ConflictError, InvalidInputError, PosectlError
from posectl.store import durable, provenance, sequence
from posectl.store.artifact import Artifact
from posectl.store.bundle import BundleWriter
from posectl.store.kinds import KINDS, SCHEMA
from posectl.store.layout import Layout
from posectl.store.leases import Lease
from posectl.store.sealed import plain
from posectl.store.staging import Staging

_SINGLE = ("command", "seed", "device", "threads", "key")


class Draft:
    """A folder in .staging that becomes a version when `publish` renames it, and leaves nothing if it never does.

    A context manager: whatever was not published when the block ends is removed.
    """

    def __init__(
        self,
        layout: Layout,
        kind: str,
        name: str,
        check: Callable[[], None] = lambda: None,
        lease: Lease | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self._layout = layout
        self._check = check
        self._fields: dict[str, Any] = {
            "config": {},
            "summary": {},
            "about": {},
            "parents": [],
            **dict.fromkeys(_SINGLE),
        }
        self._published = False
        with durable.storage_errors(f"begin the {kind} {name!r} in {layout.root}"):
            self._staging = Staging(layout, lease)
            try:
                self._writer = BundleWriter(self._staging.path)
            except BaseException:
                self.discard()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with nullcontext() if error is None else suppress(PosectlError):  # the first failure is the one to tell
            self.discard()

    @property
    def path(self) -> Path:
        """The folder being filled."""
        return self._staging.path

    def put(self, name: str, array: Any, dims: Iterable[str] | None = None) -> None:
        """Write an array, with a name for each axis; "/" in `name` makes groups (see `BundleWriter.put`)."""
        with self._working(f"write {name!r} of the {self.kind} {self.name!r}"):
            self._writer.put(name, array, None if dims is None else tuple(dims))

    def begin(self, name: str, shape: tuple[int, ...], dtype: Any, dims: Iterable[str]) -> None:
        """Begin an array that is larger than memory, and comes in blocks of rows (see `BundleWriter.begin`)."""
        with self._working(f"begin {name!r} of the {self.kind} {self.name!r}"):
            self._writer.begin(name, shape, dtype, tuple(dims))

    def append(self, name: str, rows: Any) -> None:
        """Write the next rows of an array that was begun."""
        with self._working(f"write {name!r} of the {self.kind} {self.name!r}"):
            self._writer.append(name, rows)

    def record(
        self,
        *,
        command: str | list[str] | None = None,
        config: Mapping[str, Any] | None = None,
        seed: int | None = None,
        device: str | None = None,
        threads: int | None = None,
        key: str | None = None,
        parents: Iterable[tuple[str, Artifact]] = (),
        summary: Mapping[str, Any] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Record fields of the manifest; each call adds to those before.

        config: key -> {"value", "source"}; `config`, `summary` and `about` are merged key by key.
        key: what `Store.find` looks for, a digest of all that determines the artifact.
        parents: (role, artifact).
        Non-finite numbers become "nan", "inf" and "-inf"; what JSON cannot hold raises InvalidInputError.
        """
        for role, parent in parents:
            self._fields["parents"].append({"role": role, "ref": parent.ref, "digest": parent.digest})
        single = {"command": command, "seed": seed, "device": device, "threads": threads, "key": key}
        self._fields |= {field: _json(field, value) for field, value in single.items() if value is not None}
        for field, values in {"config": config, "summary": summary, "about": about}.items():
            self._fields[field] |= _json(field, values or {})

    def publish(self) -> Artifact:
        """Make the folder the next version of its name, at one instant; nothing of it is visible before."""
        if self._published:
            raise ConflictError(f"This {self.kind} was published, or discarded, already.")
        with self._working(f"publish the {self.kind} {self.name!r}"):
            self._writer.finish(self._manifest())
            path = self._staging.commit(self.name, self._check)
        self._published = True
        return Artifact(path)

    def discard(self) -> None:
        """Remove the folder unless it was published."""
        if not self._published:
            with durable.storage_errors(f"remove {self.path}"):
                self._staging.discard()
        self._published = True

    @contextmanager
    def _working(self, doing: str) -> Iterator[None]:
        try:
            with durable.storage_errors(doing):
                yield
        except PosectlError:
            self._staging.check()  # whoever took the work over took the folder, too
            raise

    def _manifest(self) -> dict[str, Any]:
        return {
            **self._fields,
            "schema": SCHEMA,
            "kind": self.kind,
            "kind_version": KINDS[self.kind],
            "name": self.name,
            "created": provenance.now(),
            "sequence": sequence.next_number(self._layout),
            "command": self._fields["command"] or sys.argv,
            "software": provenance.software(),
            "machine": provenance.machine(),
            "git_commit": provenance.git_commit(Path.cwd()),
        }


def _json(field: str, value: Any) -> Any:
    try:
        return plain(value)
    except TypeError as error:
        raise InvalidInputError(f"The {field} of a manifest cannot hold this: {error}.") from error
