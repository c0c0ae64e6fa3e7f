"""The steps that take a manifest from one version to the next: pure functions of the manifest, registered here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Manifest = dict[str, Any]
Step = Callable[[Manifest], Manifest]
Key = TypeVar("Key")

SCHEMA_STEPS: dict[int, Step] = {}
KIND_STEPS: dict[tuple[str, int], Step] = {}


def schema_step(since: int) -> Callable[[Step], Step]:
    """Decorate the function that takes a manifest of schema `since` to the next."""
    return lambda step: _register(SCHEMA_STEPS, since, step)


def kind_step(kind: str, since: int) -> Callable[[Step], Step]:
    """Decorate the function that takes the manifest of a `kind` of version `since` to the next."""
    return lambda step: _register(KIND_STEPS, (kind, since), step)


def _register(steps: dict[Key, Step], since: Key, step: Step) -> Step:
    if since in steps:
        raise ValueError(f"there is a step from {since} already")
    steps[since] = step
    return step
