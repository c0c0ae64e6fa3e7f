"""Formats of other programs that `posectl export` writes, one file each.

`@target("bvh")` on a subclass of `targets.MotionTarget` or `targets.ModelTarget` registers one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from posectl.registry import Registry


class Target:
    """A format. suffixes: those of its files, the usual one first; (): it is a folder, of the files `members`."""

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    members: ClassVar[tuple[str, ...]] = ()


T = TypeVar("T", bound=Target)

TARGETS: Registry[Target] = Registry("export target", "posectl.stages.exporting", decorator="target")


def target(name: str) -> Callable[[type[T]], type[T]]:
    """Decorator: register a target under its name."""

    def put(cls: type[T]) -> type[T]:
        cls.name = name
        TARGETS.register(name)(cls())
        return cls

    return put
