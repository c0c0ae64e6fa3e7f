"""How manifests of earlier releases become those of this one: pure functions of the manifest, one a step.

`@schema_step(1)` marks the function from schema 1 to 2, `@kind_step("model", 1)` that from version 1 of kind model to
2. They run in memory whenever an older manifest is read; `Store.upgrade` publishes the outcome as a new version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from posectl.errors import InvalidInputError, did_you_mean

Manifest = dict[str, Any]
Step = Callable[[Manifest], Manifest]

SCHEMA = 1
KINDS = {"dataset": 1, "model": 1, "paths": 1, "samples": 1, "scores": 1, "sweep": 1}

_schema_steps: dict[int, Step] = {}
_kind_steps: dict[tuple[str, int], Step] = {}


def schema_step(since: int) -> Callable[[Step], Step]:
    """Decorator: the function that takes a manifest of schema `since` to the next."""

    def put(step: Step) -> Step:
        _schema_steps[since] = step
        return step

    return put


def kind_step(kind: str, since: int) -> Callable[[Step], Step]:
    """Decorator: the function that takes the manifest of a `kind` of version `since` to the next."""

    def put(step: Step) -> Step:
        _kind_steps[kind, since] = step
        return step

    return put


def migrate(manifest: Manifest, where: str) -> Manifest:
    """The manifest as this release writes it; raises InvalidInputError on one of a later release, naming `where`."""
    while _number(manifest, "schema", where) < SCHEMA:
        since = manifest["schema"]
        manifest = {**_schema_steps[since](dict(manifest)), "schema": since + 1}
    if manifest["schema"] > SCHEMA:
        raise _newer(where, f"manifest schema {manifest['schema']}, and this one reads up to {SCHEMA}")
    kind = manifest.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidInputError(f"{where} is of the kind {kind!r}, unknown here.", did_you_mean(str(kind), KINDS))
    while _number(manifest, "kind_version", where) < KINDS[kind]:
        since = manifest["kind_version"]
        manifest = {**_kind_steps[kind, since](dict(manifest)), "kind_version": since + 1}
    if manifest["kind_version"] > KINDS[kind]:
        raise _newer(
            where, f"version {manifest['kind_version']} of kind {kind}, and this one reads up to {KINDS[kind]}"
        )
    return manifest


def is_current(manifest: Manifest) -> bool:
    """Whether a manifest, as it lies on the disk, is one that this release would write."""
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
