"""A published version of a name: immutable, and checked as it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from posectl.errors import IntegrityError, InvalidInputError
from posectl.store.bundle import MANIFEST, Bundle
from posectl.store.migrations import migrate
from posectl.store.mirror import check_sizes, fetch, forget, is_copy
from posectl.store.refs import VERSION, is_name

if TYPE_CHECKING:
    import numpy as np


class Parent(NamedTuple):
    """An artifact that another was made from, as the manifest names it; the digest is what counts."""

    role: str
    ref: str
    digest: str


class Artifact(Bundle):
    """One version, in its folder."""

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest's fields, as this release would write them."""
        where = self.path / MANIFEST
        try:
            manifest = migrate(self.sealed, str(where))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise IntegrityError(f"{where} is not as a stage writes it: {error!r:.80}.") from error
        _check(manifest, where)
        return manifest

    def fetch(self, part: str = "") -> None:
        """Have the files whose paths begin with `part` in the folder: those of a local copy may not be there yet."""
        if is_copy(self.path):
            fetch(self, part)

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        try:
            return super().read(name, rows)
        except IntegrityError:
            if not is_copy(self.path):
                raise
            forget(self, f"{name}/")  # the copy alone may be damaged
            return super().read(name, rows)

    def check_sizes(self) -> None:
        if is_copy(self.path):
            check_sizes(self)
        else:
            super().check_sizes()

    @cached_property
    def version(self) -> int:
        """The number of the version; 0 for a folder outside a store."""
        match = VERSION.fullmatch(self.path.name)
        return int(match[1]) if match and (self.path.parents[1] / "store.json").is_file() else 0

    @property
    def ref(self) -> str:
        """`name:v3`; its path, where it lies outside a store."""
        return f"{self.path.parent.name}:{self.path.name}" if self.version else str(self.path)

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def kind(self) -> str:
        return str(self.manifest["kind"])

    @property
    def created(self) -> str:
        """The time of publication: UTC, ISO 8601."""
        return str(self.manifest["created"])

    @property
    def sequence(self) -> int:
        """The place in the order of publication, which rises in a store; 0 before releases that number it."""
        return int(self.manifest.get("sequence") or 0)

    @property
    def key(self) -> str | None:
        """The digest of all that determines it, recorded by the stage that made it, for `Store.find`."""
        return self.manifest["key"]

    @property
    def parents(self) -> list[Parent]:
        return [Parent(entry["role"], entry["ref"], entry["digest"]) for entry in self.manifest["parents"]]

    @property
    def config(self) -> dict[str, Any]:
        """Every resolved option: key -> {"value", "source"}."""
        return dict(self.manifest["config"])

    @property
    def summary(self) -> dict[str, Any]:
        """The figures worth showing in a list."""
        return dict(self.manifest["summary"])

    @property
    def about(self) -> dict[str, Any]:
        """Facts that a reader of the arrays must know."""
        return dict(self.manifest["about"])


def expect(artifact: Artifact, *kinds: str) -> Artifact:
    """Return the artifact, if it is of one of the kinds; else raise InvalidInputError."""
    if artifact.kind not in kinds:
        raise InvalidInputError(
            f"{artifact.ref} is a {artifact.kind}, not a {' or '.join(kinds)}.",
            f"`posectl store ls --kind {kinds[0]}` lists those.",
        )
    return artifact


def _check(manifest: dict[str, Any], path: Path) -> None:
    """Raise IntegrityError unless every field that the properties read is of its type."""
    wrong = next((field for field, holds in _FIELDS.items() if not holds(manifest.get(field))), None)
    if wrong is not None:
        raise IntegrityError(f"{path} is not as a stage writes it: its {wrong} is not what it should be.")


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_config(value: Any) -> bool:
    return _is_object(value) and all(_is_object(e) and e.keys() == {"value", "source"} for e in value.values())


def _are_parents(value: Any) -> bool:
    return isinstance(value, list) and all(
        _is_object(entry)
        and entry.keys() == {"role", "ref", "digest"}
        and all(isinstance(part, str) for part in entry.values())
        for entry in value
    )


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and is_name(value),
    "created": _is_time,
    "key": lambda value: value is None or isinstance(value, str),
    "sequence": lambda value: value is None or (type(value) is int and value >= 0),
    "config": _is_config,
    "parents": _are_parents,
    **dict.fromkeys(("summary", "about", "software"), _is_object),
}
