"""What TAB offers. Reads folder names alone, so that it answers at once."""

from __future__ import annotations

import os
from pathlib import Path

from posectl.core.metrics import METRICS as _METRICS
from posectl.core.objectives import OBJECTIVES as _OBJECTIVES
from posectl.registry import Registry
from posectl.stages.options import RECIPES

# The readers' own registry imports numpy; their files are enough to list names.
_SOURCES: Registry[object] = Registry("source", "posectl.data.readers", decorator="reader")

SOURCES = _SOURCES.names()
METRICS = _METRICS.names()
REGULARIZERS = [*_OBJECTIVES.names(), *RECIPES]


def regularizer_docs() -> dict[str, str]:
    """A docstring for every regularizer, and one made for every recipe."""
    recipes = {
        name: f"A recipe: {', '.join(f'{part} {weight:g}' for part, weight in parts.items())}."
        for name, parts in RECIPES.items()
    }
    return _OBJECTIVES.docs() | recipes


def sources(incomplete: str) -> list[str]:
    return [name for name in SOURCES if name.startswith(incomplete)]


def regularizers(incomplete: str) -> list[str]:
    return [name for name in REGULARIZERS if name.startswith(incomplete)]


def metrics(incomplete: str) -> list[str]:
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in METRICS if name.startswith(last)]


def refs(incomplete: str) -> list[str]:
    """Names, and once a name is there, its versions and aliases; files are the shell's own to offer."""
    from posectl.store.layout import Layout

    layout = Layout(Path(os.environ.get("POSECTL_STORE", "artifacts")))
    name, colon, _ = incomplete.partition(":")
    if not colon:
        return [n for n in layout.names() if n.startswith(incomplete)]
    offered = [f"v{v}" for v in layout.versions(name)] + ["latest", *layout.aliases(name)]
    return [ref for selector in offered if (ref := f"{name}:{selector}").startswith(incomplete)]
