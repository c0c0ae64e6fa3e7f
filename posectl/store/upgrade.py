"""Upgrade of what an earlier release wrote: publishing it anew in this release's format."""

from __future__ import annotations

import shutil

from posectl.errors import IntegrityError
from posectl.store import durable
from posectl.store.artifact import Artifact
from posectl.store.bundle import MANIFEST
from posectl.store.catalogue import Catalogue
from posectl.store.migrations import is_current
from posectl.store.sealed import seal
from posectl.store.staging import Staging
from posectl.store.verify import BYTES, bundle_problems


def upgrade(
    catalogue: Catalogue, artifacts: list[Artifact], *, dry_run: bool
) -> list[tuple[Artifact, Artifact | None]]:
    """Publish anew each artifact of an older format; return it with the version that replaces it (None on a dry run).

    The old version stays as it is, and becomes a parent of the new in the role "upgraded"; its aliases move to the new.
    """
    stale = [artifact for artifact in artifacts if not is_current(artifact.sealed)]
    return [(artifact, None if dry_run else _rewrite(catalogue, artifact)) for artifact in stale]


def _rewrite(catalogue: Catalogue, artifact: Artifact) -> Artifact:
    artifact.fetch()
    for _, message in bundle_problems(artifact, BYTES):
        raise IntegrityError(f"{artifact.ref} is damaged: {message}.", "Restore it from a copy.")
    old = {"role": "upgraded", "ref": artifact.ref, "digest": artifact.digest}
    manifest = {**artifact.manifest, "parents": [*artifact.manifest["parents"], old]}
    with durable.storage_errors(f"upgrade {artifact.ref}"):
        staging = Staging(catalogue.layout)
        try:
            shutil.copytree(
                artifact.path,
                staging.path,
                dirs_exist_ok=True,
                ignore=lambda *_: [MANIFEST],
                copy_function=shutil.copyfile,
            )
            durable.fsync_tree(staging.path)
            durable.write_file(staging.path / MANIFEST, seal(manifest))
            durable.fsync(staging.path)
            upgraded = Artifact(staging.commit(artifact.name))
        finally:
            staging.discard()
    for alias, version in catalogue.aliases(artifact.name).items():
        if version == artifact.path.name:
            catalogue.alias(upgraded.ref, alias)
    return upgraded
