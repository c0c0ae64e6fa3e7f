"""Candidates that TAB offers. Reads names of folders and files alone, so that it answers at once."""

from __future__ import annotations

import os
from pathlib import Path

from posectl.core.metrics import METRICS
from posectl.core.objectives import OBJECTIVES
from posectl.stages.options import RECIPES


def regularizer_docs() -> dict[str, str]:
    """Return a docstring for every regularizer, and one made for every recipe."""
    recipes = {
        name: f"A recipe: {', '.join(f'{part} {weight:g}' for part, weight in parts.items())}."
        for name, parts in RECIPES.items()
    }
    names = OBJECTIVES.names()  # before the docs: it imports plug-ins
    docs = OBJECTIVES.docs()
    return {name: docs[name] for name in names} | recipes


def regularizers(incomplete: str) -> list[str]:
    """Return the regularizers and recipes that begin so."""
    return [name for name in (*OBJECTIVES.names(), *RECIPES) if name.startswith(incomplete)]


def metrics(incomplete: str) -> list[str]:
    """Return the list of metrics, whose last one is not written out yet, with each that it may be."""
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in METRICS.names() if name.startswith(last)]


def refs(incomplete: str) -> list[str]:
    """Return names, and once a name is there, its versions and aliases; files are the shell's own to offer."""
    from posectl.store.layout import Layout

    layout = Layout(Path(os.environ.get("POSECTL_STORE", "artifacts")))
    name, colon, _ = incomplete.partition(":")
    if not colon:
        return [n for n in layout.names() if n.startswith(incomplete)]
    offered = [f"v{v}" for v in layout.versions(name)] + ["latest", *layout.aliases(name)]
    return [ref for selector in offered if (ref := f"{name}:{selector}").startswith(incomplete)]
