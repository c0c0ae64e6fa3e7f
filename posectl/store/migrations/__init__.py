"""Manifests of earlier releases, turned into those of this one whenever one is read; `Store.upgrade` publishes them.

A kind whose version rises in `kinds.py` gets a file in this folder, with a function under `@kind_step` (see steps.py),
and a line among the imports below.
"""

from __future__ import annotations

from posectl.errors import InvalidInputError, did_you_mean
from posectl.store.kinds import KINDS, SCHEMA
from posectl.store.migrations import model, scores, sweep  # noqa: F401 - each registers its steps
from posectl.store.migrations.steps import KIND_STEPS, SCHEMA_STEPS, Manifest


def migrate(manifest: Manifest, where: str) -> Manifest:
    """Return the manifest as this release writes it.

    Raises InvalidInputError, naming `where`, if a later release wrote it.
    """
    while _number(manifest, "schema", where) < SCHEMA:
        since = manifest["schema"]
        manifest = {**SCHEMA_STEPS[since](dict(manifest)), "schema": since + 1}
    if manifest["schema"] > SCHEMA:
        raise _newer(where, f"manifest schema {manifest['schema']}, and this one reads up to {SCHEMA}")
    kind = manifest.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidInputError(f"{where} is of the kind {kind!r}, unknown here.", did_you_mean(str(kind), KINDS))
    while _number(manifest, "kind_version", where) < KINDS[kind]:
        since = manifest["kind_version"]
        manifest = {**KIND_STEPS[kind, since](dict(manifest)), "kind_version": since + 1}
    if manifest["kind_version"] > KINDS[kind]:
        raise _newer(
            where, f"version {manifest['kind_version']} of kind {kind}, and this one reads up to {KINDS[kind]}"
        )
    return manifest


def is_current(manifest: Manifest) -> bool:
    """Return whether a manifest, as it lies on the disk, is one that this release would write."""
    return manifest.get("schema") == SCHEMA and manifest.get("kind_version") == KINDS.get(str(manifest.get("kind")))


def _number(manifest: Manifest, key: str, where: str) -> int:
    number = manifest.get(key)
    if type(number) is not int or number < 1:
        raise InvalidInputError(f"{where} has the {key} {number!r}, which is no version.")
    return number


def _newer(where: str, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{where} was written by a newer posectl: {what}.", "Upgrade posectl: pip install -U posectl."
    )
