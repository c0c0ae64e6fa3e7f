"""Named things that live one to a file: objectives, sources, nets.

The file's name is the thing's name, and the first line of its docstring its summary, so that names and summaries can be
listed without importing the file (and torch with it). A decorator in the file registers the thing itself.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from posectl.errors import PosectlError, UsageError, nearest_name

T = TypeVar("T")


class Registry(Generic[T]):
    """The modules of one package, each of which registers one thing of its own name.

    `kind` is what messages call the thing ("regularizer"); `package` is where its files are
    ("posectl.core.objectives"); `helpers` are modules of that package which are no entries; `dash` stands in names
    where file names have underscores.
    """

    def __init__(self, kind: str, package: str, *, helpers: tuple[str, ...] = (), dash: str = "-") -> None:
        self.kind = kind
        self.package = package
        self._dash = dash
        self._helpers = {"__init__", *helpers}
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: what it decorates is what `get(name)` returns. A name taken twice raises."""

        def put(thing: T) -> T:
            if name in self._entries:
                raise PosectlError(f"The {self.kind} {name!r} is registered twice.")
            self._entries[name] = thing
            return thing

        return put

    def _files(self) -> dict[str, Path]:
        # Found by path, not by import: importing the package would be cheap, but its modules need not be.
        folder = Path(__file__).parent.joinpath(*self.package.split(".")[1:])
        return {p.stem.replace("_", self._dash): p for p in sorted(folder.glob("*.py")) if p.stem not in self._helpers}

    def names(self) -> list[str]:
        """Every name, sorted; imports none of them."""
        return sorted(self._files())

    def docs(self) -> dict[str, str]:
        """Name -> module docstring, read from the source; imports none of them."""
        return {
            name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            for name, path in self._files().items()
        }

    def summaries(self) -> dict[str, str]:
        """Name -> first line of its docstring."""
        return {name: doc.partition("\n")[0] for name, doc in self.docs().items()}

    def get(self, name: str) -> T:
        """The thing registered under `name`; raises UsageError naming the nearest known one."""
        path = self._files().get(name)
        if path is None:
            raise UsageError(f"There is no {self.kind} {name!r}.", nearest_name(name, self.names()))
        importlib.import_module(f"{self.package}.{path.stem}")
        return self._entries[name]
