"""Removal of a version from the store."""

from __future__ import annotations

from dataclasses import dataclass

from posectl.errors import ConflictError, NotFoundError, PosectlError
from posectl.store import durable, provenance
from posectl.store.artifact import Artifact
from posectl.store.catalogue import Catalogue
from posectl.store.files import size_of, walk
from posectl.store.layout import ALIASES, REMOVED
from posectl.store.lineage import children
from posectl.store.locks import held
from posectl.store.staging import Staging


@dataclass(frozen=True)
class Removal:
    """A version that was removed, or would be: its bytes, the artifacts made from it, the aliases that go with it."""

    ref: str
    size: int
    children: list[str]
    aliases: list[str]


def remove(catalogue: Catalogue, artifact: Artifact, *, dry_run: bool, force: bool) -> Removal:
    """Remove a version for good; its number is not used again.

    Raises ConflictError, unless `force`, where another artifact has it as a parent or it has an alias.
    """
    name, version = artifact.path.parent.name, artifact.path.name
    aliases = [alias for alias, target in catalogue.aliases(name).items() if target == version]
    try:
        size, digest = artifact.size, artifact.digest
        made = [child.ref for child, _ in children(catalogue, artifact)]
    except PosectlError:  # a damaged manifest no longer says what it was
        size, digest, made = sum(size_of(artifact.path / name) or 0 for name in walk(artifact.path)), "", []
    removal = Removal(artifact.ref, size, made, aliases)
    if (made or aliases) and not force:
        uses = [f"{child} was made from it" for child in made] + [f"it is {name}:{alias}" for alias in aliases]
        raise ConflictError(f"{artifact.ref} is in use: {', '.join(uses)}.", "Remove those first, or give --force.")
    if not dry_run:
        with durable.storage_errors(f"remove {artifact.ref}"):
            _take_out(catalogue, name, version, digest)
    return removal


def _take_out(catalogue: Catalogue, name: str, version: str, digest: str) -> None:
    layout = catalogue.layout
    staging = Staging(layout)
    try:
        with held(layout.name_lock(name)):
            if int(version[1:]) not in layout.versions(name):
                raise NotFoundError(f"{name}:{version} was removed meanwhile.")
            layout.change(name, ALIASES, lambda table: {a: target for a, target in table.items() if target != version})
            # Before the version goes: whoever publishes now must not take its number.
            layout.change(name, REMOVED, lambda table: table | {version: {"digest": digest, "at": provenance.now()}})
            layout.take_out(name, version, staging.path / version)
    finally:
        staging.discard()
