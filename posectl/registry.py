"""Named things that live one to a file: objectives, sources, nets.

A decorator in the file names the thing, as the file is named, and the first line of its docstring is its summary: both
can be read off without importing the file (and torch with it). Files beside without such a decorator are no entries.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from posectl.errors import PosectlError, UsageError, nearest_name

T = TypeVar("T")

_REGISTERED = re.compile(r'^@\w+\("([\w-]+)"\)$', re.MULTILINE)


class Registry(Generic[T]):
    """The modules of one package, each of which registers one thing of its own name.

    `kind` is what messages call the thing ("regularizer"); `package` is where its files are
    ("posectl.core.objectives").
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: what it decorates is what `get(name)` returns. A name taken twice raises."""

        def put(thing: T) -> T:
            if name in self._entries:
                raise PosectlError(f"The {self.kind} {name!r} is registered twice.")
            self._entries[name] = thing
            return thing

        return put

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Name -> the file that registers it."""
        folder = Path(__file__).parent.joinpath(*self.package.split(".")[1:])
        found = ((_REGISTERED.search(path.read_text(encoding="utf-8")), path) for path in sorted(folder.glob("*.py")))
        return {match[1]: path for match, path in found if match}

    def names(self) -> list[str]:
        """Every name, sorted; imports none of them."""
        return sorted(self._files)

    def docs(self) -> dict[str, str]:
        """Name -> module docstring, read from the source; imports none of them."""
        return {
            name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            for name, path in self._files.items()
        }

    def summaries(self) -> dict[str, str]:
        """Name -> first line of its docstring."""
        return {name: doc.partition("\n")[0] for name, doc in self.docs().items()}

    def get(self, name: str) -> T:
        """The thing registered under `name`; raises UsageError naming the nearest known one."""
        path = self._files.get(name)
        if path is None:
            raise UsageError(f"There is no {self.kind} {name!r}.", nearest_name(name, self.names()))
        importlib.import_module(f"{self.package}.{path.stem}")
        return self._entries[name]
