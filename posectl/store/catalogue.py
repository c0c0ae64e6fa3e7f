"""The catalogue of a store: its names, their versions and aliases, and the artifact that a ref names."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from posectl.errors import ConflictError, IntegrityError, NotFoundError, PosectlError, UsageError, did_you_mean
from posectl.store import durable
from posectl.store.artifact import Artifact, expect
from posectl.store.box import BOX, boxed
from posectl.store.bundle import MANIFEST
from posectl.store.layout import ALIASES
from posectl.store.layouts import layout_at
from posectl.store.locks import held
from posectl.store.refs import LATEST, Ref, check_alias, check_name

_log = logging.getLogger(__name__)


class Catalogue:
    """Artifacts in a folder or under a bucket's prefix, looked up by name, by ref and by what they are; aliases are all
    that it changes.

    place: where they lie, for people; path: that folder, or that of the local copy of s3://bucket/prefix. Raises
    InvalidInputError where something else lies there, or a store of a newer format.
    """

    def __init__(self, path: str | Path) -> None:
        self.layout = layout_at(path)
        self.path, self.place = self.layout.root, self.layout.place
        with durable.storage_errors(f"open the store {self.place}"):
            self.layout.check()
            if warning := self.layout.strangers():
                _say_once(warning)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.place!r})"

    def names(self) -> list[str]:
        """Return every name, sorted; this lists folders and reads no file."""
        return self.layout.names()

    def versions(self, name: str) -> list[int]:
        """Return the versions of a name in ascending order; this lists one folder."""
        return self.layout.versions(name)

    def aliases(self, name: str) -> dict[str, str]:
        """Return alias -> version ("v3") of a name, without "latest"."""
        return self.layout.aliases(name)

    def artifacts(self, kind: str | None = None, name: str | None = None) -> list[Artifact]:
        """Return every artifact, of one kind or name if given, oldest first; one that cannot be read is logged only."""
        artifacts, damaged = self._load(kind, name)
        for error in damaged:
            _log.warning("%s %s", error.message, error.hint)
        return artifacts

    def newest(self, kind: str) -> Artifact | None:
        """Return the artifact of a kind published last; raise IntegrityError if one that might be it cannot be read."""
        artifacts, damaged = self._load(kind, None)
        if damaged:
            raise damaged[0]
        for artifact in reversed(artifacts):
            with suppress(NotFoundError):  # it was removed meanwhile
                artifact.check_sizes()
                return artifact
        return None

    def find(self, kind: str, name: str | None, key: str) -> Artifact | None:
        """Return the newest version of `name`, of any name if None, recorded under `key`, undamaged as far as file
        sizes tell."""
        for artifact in reversed(self.artifacts(kind, name)):
            if artifact.key == key:
                try:
                    artifact.check_sizes()
                except NotFoundError:
                    continue
                except IntegrityError as error:
                    _log.warning("%s %s", error.message, error.hint)
                else:
                    return artifact
        return None

    def get(self, ref: str | Path | Ref, *kinds: str) -> Artifact:
        """Return the artifact that `ref` names, of one of the kinds if given: `name` is then the latest of those.

        Raises NotFoundError, which lists what there is; InvalidInputError if it is of another kind; IntegrityError if
        its manifest, or a file's size, is not as published; UsageError on text that is no ref or picks a part.
        """
        artifact = self.locate(ref, *kinds)
        _ = artifact.manifest
        artifact.check_sizes()
        return expect(artifact, *kinds) if kinds else artifact

    def locate(self, ref: str | Path | Ref, *kinds: str) -> Artifact:
        """Return the artifact that `ref` names, damaged or not; raise NotFoundError, and UsageError on text that is no
        ref or picks a part: whoever takes parts has parsed it."""
        if isinstance(ref, str) and (part := Ref.parse(ref).part):
            what = kinds[0] if kinds else "artifact"
            raise UsageError(f"{ref!r} picks a part, and a whole {what} is wanted.", f"Leave out {part}.")
        ref = ref if isinstance(ref, Ref) else Ref.parse(ref)
        if ref.path is not None:
            return _artifact_at(ref.path)
        if ref.digest:
            return self._by_digest(ref.digest)
        ref = replace(ref, name=self._whole_name(ref.name, kinds))
        if ref.selector == LATEST and (found := self.latest(ref.name, kinds)):
            return found
        if not self.versions(ref.name) and (found := boxed(ref)):
            return found
        return Artifact(self.layout.version(ref.name, self._resolve(ref)))

    def latest(self, name: str, kinds: Collection[str] = ()) -> Artifact | None:
        """Return the latest version of a name that is of one of the kinds, if given, or that cannot be read."""
        latest_first = (Artifact(self.layout.version(name, version)) for version in reversed(self.versions(name)))
        return next((each for each in latest_first if not kinds or _kind(each) in (None, *kinds)), None)

    def _whole_name(self, name: str, kinds: Collection[str]) -> str:
        """Return the name that is meant: this, or the only DATASET-NAME where nothing of these kinds is called so."""
        if self.latest(name, kinds):
            return name
        longer = [
            each
            for each in self.names()
            if each.endswith(f"-{name}")
            and self.latest(each.removesuffix(f"-{name}"), ("dataset",))
            and self.latest(each, kinds)
        ]
        if len(longer) > 1:
            raise UsageError(f"{name!r} may be any of {', '.join(longer)}.", "Give the whole name.")
        return longer[0] if longer else name

    def check_free(self, kind: str, name: str, hint: str = "Choose another --name.") -> None:
        """Raise ConflictError where a name belongs to another kind than this: to that of its first version."""
        versions = (Artifact(self.layout.version(name, version)) for version in self.versions(name))
        first = next((each for each in versions if _kind(each)), None)
        if first is not None and first.kind != kind:
            raise ConflictError(
                f"The name {name!r} belongs to {first.ref}, a {first.kind}, and is no name for a {kind}.", hint
            )

    def locate_here(self, ref: str | Path | Ref) -> Artifact:
        """Return the artifact that `ref` names, to be changed; raise UsageError if it lies outside this store."""
        artifact = self.locate(ref)
        if artifact.path.is_relative_to(BOX):
            raise UsageError(
                f"{artifact.ref} comes with posectl, and does not lie in the store {self.place}.",
                "It serves every store, and stays as it is.",
            )
        if artifact.path.parent.parent != self.path:
            raise UsageError(
                f"{artifact.path} does not lie in the store {self.place}.", "Choose its store with --store."
            )
        return artifact

    def alias(self, ref: str | Ref, alias: str) -> Artifact:
        """Let `name:alias` name the version that `ref` names, whatever it named before; return that version."""
        check_alias(alias)
        artifact = self.locate_here(ref)
        name, version = artifact.path.parent.name, artifact.path.name
        with self._writing_aliases(name, f"alias {artifact.ref}"):
            if artifact.version not in self.versions(name):
                raise NotFoundError(f"{artifact.ref} was removed meanwhile.")
            self.layout.change(name, ALIASES, lambda aliases: {**aliases, alias: version})
        return artifact

    def remove_alias(self, name: str, alias: str) -> None:
        """Remove an alias; its version stays. Raises NotFoundError."""
        self._resolve(Ref(name=check_name(name)))
        with self._writing_aliases(name, f"remove the alias {name}:{alias}"):
            if alias not in self.aliases(name):
                raise NotFoundError(f"{name} has no alias {alias!r}.", self._what_has(name))
            self.layout.change(name, ALIASES, lambda aliases: {a: v for a, v in aliases.items() if a != alias})

    @contextmanager
    def _writing_aliases(self, name: str, doing: str) -> Iterator[None]:
        with durable.storage_errors(doing):
            self.layout.make()
            with held(self.layout.name_lock(name)):
                yield

    def _resolve(self, ref: Ref) -> int:
        """Return the version that a ref by name means."""
        versions = self.versions(ref.name)
        if not versions:
            raise NotFoundError(f"There is no artifact {ref.name!r} in {self.place}.", self._what_is_there(ref.name))
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
                f"No artifact in {self.place} has a digest that begins with {prefix}.", "See `posectl store ls`."
            )
        if len({artifact.digest for artifact in found}) > 1:
            refs = ", ".join(artifact.ref for artifact in found[:4])
            raise UsageError(f"sha256:{prefix} may be any of {refs}.", "Give more of its digits.")
        return found[-1]

    def _load(self, kind: str | None, name: str | None) -> tuple[list[Artifact], list[PosectlError]]:
        """Return the artifacts, oldest first, and the errors of those that cannot be read."""
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
        return sorted(artifacts, key=lambda each: (each.sequence, each.created, each.name, each.version)), damaged

    def _what_is_there(self, name: str) -> str:
        if names := self.names():
            return did_you_mean(name, names)
        return "The store is empty: `posectl prepare mannequin` makes a first dataset."

    def _what_has(self, name: str) -> str:
        versions = ", ".join(f"v{version}" for version in self.versions(name))
        aliases = ", ".join(self.aliases(name)) or "none"
        return f"Versions: {versions}; aliases: {aliases}."


def _kind(artifact: Artifact) -> str | None:
    """Return the kind of an artifact: "" of one that was removed meanwhile, None where its manifest cannot be read."""
    try:
        return artifact.kind
    except NotFoundError:
        return ""
    except PosectlError:
        return None


@cache
def _say_once(warning: str) -> None:
    _log.warning("%s", warning)


def _artifact_at(path: Path) -> Artifact:
    path = path.absolute()
    if not (path / MANIFEST).is_file():
        raise NotFoundError(f"There is no artifact at {path}.", "An artifact is a folder with a manifest.json in it.")
    return Artifact(path)
