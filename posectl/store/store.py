"""The store: versions of named artifacts under one folder, found by ref, published at one instant, never changed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from posectl.errors import IntegrityError, NotFoundError, PosectlError, UsageError, did_you_mean
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bundle import MANIFEST
from posectl.store.layout import Layout
from posectl.store.locks import held
from posectl.store.migrations import KINDS
from posectl.store.refs import LATEST, Ref, check_alias, check_name

if TYPE_CHECKING:
    from posectl.store.checkpoints import Checkpoints
    from posectl.store.collect import Collection
    from posectl.store.diff import Difference
    from posectl.store.draft import Draft
    from posectl.store.lineage import Lineage
    from posectl.store.removal import Removal
    from posectl.store.verify import Problem

_log = logging.getLogger(__name__)


class Store:
    """A folder of artifacts; made by the first that is written to it.

    Raises InvalidInputError where the folder holds something else, or a store of a newer format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.expanduser(path)).absolute()
        self.layout = Layout(self.path)
        with durable.storage_errors(f"open the store {self.path}"):
            self.layout.check()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def names(self) -> list[str]:
        """Every name, sorted; lists folders and reads no file."""
        return self.layout.names()

    def versions(self, name: str) -> list[int]:
        """The versions of a name, in their order; lists one folder."""
        return self.layout.versions(name)

    def aliases(self, name: str) -> dict[str, str]:
        """alias -> version ("v3") of a name, without "latest"."""
        return self.layout.aliases(name)

    def artifacts(self, kind: str | None = None, name: str | None = None) -> list[Artifact]:
        """Every artifact, of one kind or name if given, oldest first; what cannot be read is logged and left out."""
        artifacts, damaged = self._load(kind, name)
        for error in damaged:
            _log.warning("%s %s", error.message, error.hint)
        return artifacts

    def newest(self, kind: str) -> Artifact | None:
        """The artifact of a kind published last; raises IntegrityError if one cannot be read, for it might be that."""
        artifacts, damaged = self._load(kind, None)
        if damaged:
            raise damaged[0]
        if not artifacts:
            return None
        artifacts[-1].check_sizes()
        return artifacts[-1]

    def find(self, kind: str, name: str, key: str) -> Artifact | None:
        """The newest version of `name` that a stage recorded `key` for, undamaged as far as sizes tell."""
        for artifact in reversed(self.artifacts(kind, name)):
            if artifact.key == key:
                try:
                    artifact.check_sizes()
                except IntegrityError as error:
                    _log.warning("%s %s", error.message, error.hint)
                else:
                    return artifact
        return None

    def get(self, ref: str | Path | Ref) -> Artifact:
        """The artifact that `ref` names.

        Raises NotFoundError, which says what there is; IntegrityError if its manifest, or a file's size, is not as
        published; UsageError on what is no ref.
        """
        artifact = self.locate(ref)
        _ = artifact.manifest
        artifact.check_sizes()
        return artifact

    def locate(self, ref: str | Path | Ref) -> Artifact:
        """The artifact that `ref` names, damaged or not; raises NotFoundError, UsageError."""
        ref = ref if isinstance(ref, Ref) else Ref.parse(ref)
        if ref.path is not None:
            return _at(ref.path)
        if ref.digest:
            return self._by_digest(ref.digest)
        return Artifact(self.layout.version(ref.name, self._resolve(ref)))

    def log(self, ref: str | Path | Ref) -> Lineage:
        """What an artifact was made from, and what was made from it."""
        from posectl.store.lineage import lineage

        return lineage(self, self.get(ref))

    def diff(self, a: str | Path | Ref, b: str | Path | Ref) -> Difference:
        """How two artifacts differ: config, summary and every array."""
        from posectl.store.diff import diff

        return diff(self.get(a), self.get(b))

    def verify(self, ref: str | Path | Ref | None = None, level: int = 2) -> list[Problem]:
        """What is not as published, in one artifact or the whole store.

        level: 1 manifests and sizes, 2 every byte, 3 every value decoded, 4 parents.
        """
        from posectl.store.verify import verify

        return verify(self, ref, level)

    def draft(self, kind: str, name: str) -> Draft:
        """A new artifact to fill and publish; a context manager."""
        from posectl.store.draft import Draft

        if kind not in KINDS:
            raise UsageError(f"There is no kind {kind!r} of artifact.", did_you_mean(kind, KINDS))
        return Draft(self.layout, kind, check_name(name))

    def checkpoints(self, key: str) -> Checkpoints:
        """The resumable state of the training that `key` determines."""
        from posectl.store.checkpoints import Checkpoints

        return Checkpoints(self.layout, key)

    def alias(self, ref: str | Ref, alias: str) -> Artifact:
        """Makes `name:alias` mean the version that `ref` names, whatever it meant before."""
        check_alias(alias)
        artifact = self._own(ref)
        name, version = artifact.path.parent.name, artifact.path.name
        with self._changing(name, f"alias {artifact.ref}"):
            if artifact.version not in self.versions(name):
                raise NotFoundError(f"{artifact.ref} was removed meanwhile.")
            self.layout.write_aliases(name, {**self.aliases(name), alias: version})
        return artifact

    def remove_alias(self, name: str, alias: str) -> None:
        """Forgets an alias; its version stays. Raises NotFoundError."""
        self._resolve(Ref(name=check_name(name)))
        with self._changing(name, f"remove the alias {name}:{alias}"):
            aliases = self.aliases(name)
            if aliases.pop(alias, None) is None:
                raise NotFoundError(f"{name} has no alias {alias!r}.", self._what_has(name))
            self.layout.write_aliases(name, aliases)

    def remove(self, ref: str | Ref, dry_run: bool = False, force: bool = False) -> Removal:
        """Removes a version, whose number is not used again.

        Raises ConflictError where another artifact was made from it or it has an alias, unless `force`.
        """
        from posectl.store.removal import remove

        return remove(self, self._own(ref), dry_run=dry_run, force=force)

    def gc(self, dry_run: bool = False, checkpoints: bool = False) -> Collection:
        """Clears what killed commands left; the checkpoints of trainings that can be resumed only if `checkpoints`."""
        from posectl.store.collect import collect

        return collect(self.layout, dry_run=dry_run, checkpoints=checkpoints)

    def export(self, ref: str | Path | Ref, zip_path: str | Path, with_parents: bool = False) -> list[Artifact]:
        """Writes an artifact, and all its ancestors in the store if wanted, to a zip; returns what it holds."""
        from posectl.store.archive import export

        chosen = [self.get(ref)]
        if with_parents:
            chosen += [each.artifact for each in self.log(ref).ancestors if each.artifact is not None]
        export(chosen, Path(zip_path))
        return chosen

    def import_(self, zip_path: str | Path) -> list[Artifact]:
        """Publishes the artifacts of an exported zip, all verified first; those already here are not doubled."""
        from posectl.store.archive import import_archive

        return import_archive(self, Path(zip_path))

    def upgrade(self, ref: str | Ref | None = None, dry_run: bool = False) -> list[tuple[Artifact, Artifact | None]]:
        """Publishes anew what an earlier release wrote: one artifact, or the latest of every name.

        Returns (old, new) pairs, new being None on a dry run.
        """
        from posectl.store.upgrade import upgrade

        refs = self.names() if ref is None else [ref]
        return upgrade(self, [self._own(each) for each in refs], dry_run=dry_run)

    def _resolve(self, ref: Ref) -> int:
        versions = self.versions(ref.name)
        if not versions:
            raise NotFoundError(f"There is no artifact {ref.name!r} in {self.path}.", self._what_is_there(ref.name))
        if ref.selector == LATEST:
            return versions[-1]
        version = ref.version
        if version is None:
            target = self.aliases(ref.name).get(ref.selector)
            if target is None:
                raise NotFoundError(f"{ref.name} has no alias {ref.selector!r}.", self._what_has(ref.name))
            version = int(target[1:])
        if version not in versions:
            gone = f"v{version}" in self.layout.removed(ref.name)
            how = f"{ref.name}:v{version} was removed." if gone else f"{ref.name} has no version v{version}."
            raise NotFoundError(how, self._what_has(ref.name))
        return version

    def _by_digest(self, prefix: str) -> Artifact:
        found = [artifact for artifact in self.artifacts() if artifact.digest.startswith(prefix)]
        if not found:
            raise NotFoundError(
                f"No artifact in {self.path} has a digest that begins with {prefix}.", "See `posectl store ls`."
            )
        if len({artifact.digest for artifact in found}) > 1:
            refs = ", ".join(artifact.ref for artifact in found[:4])
            raise UsageError(f"sha256:{prefix} may be any of {refs}.", "Give more of its digits.")
        return found[-1]

    def _own(self, ref: str | Path | Ref) -> Artifact:
        artifact = self.locate(ref)
        if artifact.path.parent.parent != self.path:
            raise UsageError(
                f"{artifact.path} does not lie in the store {self.path}.", "Choose its store with --store."
            )
        return artifact

    @contextmanager
    def _changing(self, name: str, doing: str) -> Iterator[None]:
        with durable.storage_errors(doing):
            self.layout.make()
            with held(self.layout.name_lock(name)):
                yield

    def _what_is_there(self, name: str) -> str:
        if names := self.names():
            return did_you_mean(name, names)
        return "The store is empty: `posectl prepare mannequin` makes a first dataset."

    def _what_has(self, name: str) -> str:
        versions = ", ".join(f"v{version}" for version in self.versions(name))
        aliases = ", ".join(self.aliases(name)) or "none"
        return f"Versions: {versions}; aliases: {aliases}."

    def _load(self, kind: str | None, name: str | None) -> tuple[list[Artifact], list[PosectlError]]:
        artifacts: list[Artifact] = []
        damaged: list[PosectlError] = []
        for each in self.names() if name is None else [name]:
            for version in self.versions(each):
                artifact = Artifact(self.layout.version(each, version))
                try:
                    if kind in (None, artifact.kind):
                        artifacts.append(artifact)
                except PosectlError as error:
                    if artifact.path.is_dir():  # else it was removed meanwhile
                        damaged.append(error)
        return sorted(artifacts, key=lambda artifact: (artifact.created, artifact.name, artifact.version)), damaged


def _at(path: Path) -> Artifact:
    path = path.absolute()
    if not (path / MANIFEST).is_file():
        raise NotFoundError(f"There is no artifact at {path}.", "An artifact is a folder with a manifest.json in it.")
    return Artifact(path)
