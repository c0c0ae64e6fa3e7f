"""The store: versions of named artifacts, found by ref, published at one instant, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from posectl.errors import NotFoundError, UsageError, did_you_mean
from posectl.store.artifact import Artifact
from posectl.store.catalogue import Catalogue
from posectl.store.checkpoints import Checkpoints
from posectl.store.collect import Collection, collect
from posectl.store.diff import Difference, diff
from posectl.store.draft import Draft
from posectl.store.kinds import KINDS
from posectl.store.leases import Lease
from posectl.store.lineage import Lineage, lineage
from posectl.store.refs import Ref, check_name
from posectl.store.removal import Removal, remove
from posectl.store.transfer import Transfer, transfer
from posectl.store.upgrade import upgrade
from posectl.store.verify import Problem, verify


class Store(Catalogue):
    """A store, made when the first artifact is written to it: a catalogue, and all that changes the store."""

    def draft(self, kind: str, name: str, lease: Lease | None = None) -> Draft:
        """Begin a new artifact, to fill and publish; a context manager.

        lease: under which it is made; it is not published if another process took that over meanwhile.
        """
        if kind not in KINDS:
            raise UsageError(f"There is no kind {kind!r} of artifact.", did_you_mean(kind, KINDS))
        free = not self.versions(check_name(name))  # asked again when it is published, for another may have been first
        check = partial(self.check_free, kind, name) if free else lambda: None
        return Draft(self.layout, kind, name, check, lease)

    def checkpoints(self, key: str) -> Checkpoints:
        """Return the resumable state of the training that `key` determines."""
        return Checkpoints(self.layout, key)

    def log(self, ref: str | Path | Ref) -> Lineage:
        """Return the ancestors and descendants of an artifact."""
        return lineage(self, self.get(ref))

    def diff(self, a: str | Path | Ref, b: str | Path | Ref) -> Difference:
        """Compare two artifacts: config, summary and every array."""
        return diff(self.get(a), self.get(b))

    def verify(self, ref: str | Path | Ref | None = None, level: int = 2) -> list[Problem]:
        """Return all that is not as published, in one artifact or the whole store.

        level: 1 manifests and sizes, 2 every byte, 3 every value decoded, 4 parents.
        """
        return verify(self, ref, level)

    def remove(self, ref: str | Ref, dry_run: bool = False, force: bool = False) -> Removal:
        """Remove a version, whose number is not used again.

        Raises ConflictError where another artifact was made from it or it has an alias, unless `force`; NotFoundError
        where its name is not written out.
        """
        artifact, name = self.locate_here(ref), Ref.parse(str(ref)).name
        if name not in ("", artifact.path.parent.name):
            raise NotFoundError(
                f"There is no artifact {name!r} in {self.path}.", f"Do you mean {artifact.ref}? Give its whole name."
            )
        return remove(self, artifact, dry_run=dry_run, force=force)

    def gc(
        self,
        dry_run: bool = False,
        checkpoints: bool = False,
        listening: Callable[[int], None] = lambda count: None,
    ) -> Collection:
        """Remove what killed commands left; the checkpoints of trainings that can be resumed only if `checkpoints`.

        listening: is told of how many holders on other hosts half a minute is spent to hear whether they live.
        """
        return collect(self.layout, dry_run=dry_run, checkpoints=checkpoints, listening=listening)

    def export(self, ref: str | Path | Ref, zip_path: str | Path, with_parents: bool = False) -> list[Artifact]:
        """Write an artifact, and all its ancestors in the store if wanted, to a zip; return what it holds."""
        from posectl.store.archive import export  # here, for zipfile takes as long to import as all the rest

        chosen = [self.get(ref)]
        if with_parents:
            chosen += [each.artifact for each in self.log(ref).ancestors if each.artifact is not None]
        export(chosen, Path(zip_path))
        return chosen

    def import_(self, zip_path: str | Path) -> list[Artifact]:
        """Publish the artifacts of an exported zip, all verified first; those already here are not doubled."""
        from posectl.store.archive import import_archive

        return import_archive(self, Path(zip_path))

    def push(
        self, refs: Iterable[str | Path | Ref], place: str | Path, *, parents: bool = True, dry_run: bool = False
    ) -> Iterator[Transfer]:
        """Bring artifacts to another store, and all that they were made from unless `parents` is False, each told as
        it is there; no refs: everything. See `transfer`."""
        chosen = [self.get(ref) for ref in refs] or self.artifacts()
        return transfer(self, chosen, Store(place), parents=parents, dry_run=dry_run)

    def pull(
        self, refs: Iterable[str | Path | Ref], place: str | Path, *, parents: bool = True, dry_run: bool = False
    ) -> Iterator[Transfer]:
        """Bring artifacts of another store here, as `push` brings them there."""
        return Store(place).push(refs, self.place, parents=parents, dry_run=dry_run)

    def sync(self, refs: Iterable[str | Path | Ref], place: str | Path, *, dry_run: bool = False) -> Iterator[Transfer]:
        """Bring to another store what it lacks of these artifacts and all that they were made from, and here what this
        one lacks; no refs: everything. Tells those alone. Raises NotFoundError for a ref that neither has."""
        other, mine, theirs = Store(place), list[Artifact](), list[Artifact]()
        for ref in refs:
            before = len(mine) + len(theirs)
            for store, chosen in ((self, mine), (other, theirs)):
                with suppress(NotFoundError):
                    chosen.append(store.get(ref))
            if len(mine) + len(theirs) == before:
                self.get(ref)  # which says what there is
        if not mine + theirs:
            mine, theirs = self.artifacts(), other.artifacts()
        for source, chosen, target in ((self, mine, other), (other, theirs, self)):
            transfers = transfer(source, chosen, target, dry_run=dry_run)
            yield from (each for each in transfers if each.sent or each.target is None)

    def upgrade(self, ref: str | Ref | None = None, dry_run: bool = False) -> list[tuple[Artifact, Artifact | None]]:
        """Publish anew what an earlier release wrote: one artifact, or the latest of every name and kind.

        Returns (old, new) pairs, new being None on a dry run.
        """
        if ref is not None:
            return upgrade(self, [self.locate_here(ref)], dry_run=dry_run)
        latest = (self.latest(name, [kind]) for name in self.names() for kind in KINDS)
        return upgrade(self, list({each.ref: each for each in latest if each}.values()), dry_run=dry_run)
