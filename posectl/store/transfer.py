"""Transfer of artifacts between stores, in folders or on object storage: whole, each byte checked, and once only."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from posectl.errors import IntegrityError, UsageError
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bundle import MANIFEST
from posectl.store.catalogue import Catalogue
from posectl.store.lineage import find_parent
from posectl.store.regular import open_below
from posectl.store.staging import Staging


@dataclass(frozen=True)
class Transfer:
    """An artifact that was, or would be, brought to a store: what it is called there, None where it is not there yet;
    sent: whether it was brought now."""

    source: Artifact
    place: str
    target: str | None
    sent: bool


def transfer(
    source: Catalogue, artifacts: Iterable[Artifact], target: Catalogue, *, parents: bool = True, dry_run: bool = False
) -> Iterator[Transfer]:
    """Bring artifacts of one store to another, with all that they were made from unless `parents` is False.

    An artifact comes after its parents, becomes the next version of its name, and is taken for there where the same
    version of that name is: broken off and begun again, this goes on. Raises IntegrityError for a damaged one,
    ConflictError where the name is another kind's there, UsageError where both are one store.
    """
    if source.place == target.place:
        raise UsageError(f"{source.place} is the store itself.", "Name another as STORE.")
    for artifact in _parents_first(source, artifacts, parents):
        there = find(target, artifact)
        if there is None and not dry_run:
            yield Transfer(artifact, target.place, _bring(artifact, target).ref, sent=True)
        else:
            yield Transfer(artifact, target.place, there.ref if there else None, sent=False)


def find(catalogue: Catalogue, artifact: Artifact) -> Artifact | None:
    """Return the version that is this very artifact, of its name; None where there is none."""
    return next((a for a in catalogue.artifacts(name=artifact.name) if a.sealed == artifact.sealed), None)


def check_free(catalogue: Catalogue, artifact: Artifact) -> None:
    """Raise ConflictError where the artifact's name is another kind's in that store."""
    catalogue.check_free(artifact.kind, artifact.name, "Bring it to another --store.")


def _parents_first(source: Catalogue, artifacts: Iterable[Artifact], parents: bool) -> list[Artifact]:
    everyone = source.artifacts()
    seen: set[Path] = set()
    ordered: list[Artifact] = []

    def visit(artifact: Artifact) -> None:
        if artifact.path in seen:
            return
        seen.add(artifact.path)
        for parent in artifact.parents if parents else []:
            found = find_parent(source, parent, everyone)
            if found is not None and found.path.is_relative_to(source.path):
                visit(found)
        ordered.append(artifact)

    for artifact in artifacts:
        visit(artifact)
    return ordered


def _bring(artifact: Artifact, target: Catalogue) -> Artifact:
    check_free(target, artifact)
    artifact.fetch()
    with durable.storage_errors(f"bring {artifact.ref} to {target.place}"):
        staging = Staging(target.layout)
        try:
            for name, entry in {**artifact.files, MANIFEST: None}.items():
                copy = staging.path / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                with open_below(artifact.path, name) as file, copy.open("xb") as out:
                    shutil.copyfileobj(file, out, 2**20)
                if entry and _sha256(copy) != entry["sha256"]:
                    raise IntegrityError(
                        f"{artifact.path / name} has changed since it was published.", "See `posectl store verify`."
                    )
            if Artifact(staging.path).sealed != artifact.sealed:
                raise IntegrityError(f"{artifact.path / MANIFEST} changed meanwhile.", "See `posectl store verify`.")
            durable.fsync_tree(staging.path)
            return Artifact(staging.commit(artifact.name, partial(check_free, target, artifact)))
        finally:
            staging.discard()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
