"""Formats of other programs that `posectl export` writes, one file each.

`@target("bvh")` on a subclass of `targets.MotionTarget` or `targets.ModelTarget` registers one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from posectl.registry import Registry

if TYPE_CHECKING:
    from posectl.stages.exporting.targets import Target

T = TypeVar("T", bound="Target")

TARGETS: Registry[Target] = Registry("export target", "posectl.stages.exporting", decorator="target")


def target(name: str) -> Callable[[type[T]], type[T]]:
    """Decorator: register a target under its name."""

    def put(cls: type[T]) -> type[T]:
        cls.name = name
        TARGETS.register(name)(cls())
        return cls

    return put
