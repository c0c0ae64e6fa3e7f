"""Registries of named things: objectives, metrics, readers, nets, kinds of samples.

A decorator in a file names the thing, and the first line of the file's docstring is its summary: both can be read off
without importing the file (and torch with it). Files of the registry's package that have no such decorator are no
entries. Code outside posectl registers its own things with the same decorators; `load_plugins` imports the modules that
the environment variable POSECTL_PLUGINS names.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Generic, TypeVar

from posectl.errors import NotFoundError, PosectlError, UsageError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """The things that the modules of one package register, and those that other modules add.

    `noun` is what messages call a thing ("regularizer"); `package` is where its files are ("posectl.core.objectives");
    `decorator` is the name under which the files use `register`.
    """

    def __init__(self, noun: str, package: str, *, decorator: str) -> None:
        self.noun, self.package, self.decorator = noun, package, decorator
        self._entries: dict[str, T] = {}
        self._modules: dict[str, str] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: make `get(name)` return what it decorates.

        A name that another module has raises; the same module may register it again, as a notebook's cell does.
        """

        def put(thing: T) -> T:
            module = thing.__module__
            taken = self.module(name) if name in self._files else self._modules.get(name, module)
            if taken != module:
                raise PosectlError(f"The {self.noun} {name!r} is registered twice.")
            self._entries[name], self._modules[name] = thing, module
            return thing

        return put

    def unregister(self, name: str) -> None:
        """Forget a thing that was registered from outside."""
        if name not in self._files:
            self._entries.pop(name, None)
            self._modules.pop(name, None)

    @cached_property
    def _files(self) -> dict[str, Path]:
        """The file of the package that registers each name."""
        folder = Path(__file__).parent.joinpath(*self.package.split(".")[1:])
        registered = re.compile(rf'^@{self.decorator}\("([\w-]+)"', re.MULTILINE)
        return {
            name: path
            for path in sorted(folder.glob("*.py"))
            for name in registered.findall(path.read_text(encoding="utf-8"))
        }

    def built_in(self) -> list[str]:
        """List the names of posectl's own, sorted; imports none of them."""
        return sorted(self._files)

    def names(self) -> list[str]:
        """List every name, sorted; imports none of posectl's own."""
        load_plugins()
        return sorted({*self._files, *self._entries})

    def docs(self) -> dict[str, str]:
        """Map names to module docstrings, read from the source; imports none of posectl's own."""
        own = {name: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for name, path in self._files.items()}
        added = {name: sys.modules[module].__doc__ or "" for name, module in self._modules.items() if name not in own}
        return own | added

    def summaries(self) -> dict[str, str]:
        """Map names to the first lines of their docstrings."""
        return {name: doc.partition("\n")[0] for name, doc in self.docs().items()}

    def module(self, name: str) -> str:
        """Return the name of the module that registers `name`; raises UsageError naming the nearest known one."""
        if name in self._files:
            return f"{self.package}.{self._files[name].stem}"
        if name not in self.names():
            raise UsageError(f"There is no {self.noun} {name!r}.", did_you_mean(name, self.names()))
        return self._modules[name]

    def get(self, name: str) -> T:
        """Return the object registered under `name`; raises UsageError naming the nearest known one."""
        if name not in self._entries:
            importlib.import_module(self.module(name))
        return self._entries[name]


@cache
def load_plugins() -> None:
    """Import the modules that POSECTL_PLUGINS names, comma-separated, which register things of their own.

    Raises NotFoundError for a module that cannot be found.
    """
    for module in filter(None, os.environ.get("POSECTL_PLUGINS", "").split(",")):
        try:
            importlib.import_module(module.strip())
        except ModuleNotFoundError as error:
            raise NotFoundError(
                f"POSECTL_PLUGINS names {module.strip()!r}, which cannot be imported: {error}.",
                "Put the folder that holds it on PYTHONPATH.",
            ) from error
