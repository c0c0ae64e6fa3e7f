"""Candidates that TAB offers. Reads names of folders and files alone, so that it answers at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from posectl.core.metrics import METRICS
from posectl.core.nets import NETS
from posectl.core.objectives import OBJECTIVES
from posectl.described import describe
from posectl.stages.exporting import TARGETS
from posectl.stages.options import RECIPES


def regularizers(incomplete: str) -> list[str]:
    """Return the regularizers and recipes that begin so."""
    return [name for name in (*OBJECTIVES.names(), *RECIPES) if name.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    """Return the settings that begin so, of regularizers and nets, with their defaults: acai.gamma=0.2."""
    name, dot, _ = incomplete.partition(".")
    owners = [(registry, each) for registry in (OBJECTIVES, NETS) for each in registry.names()]
    fitting = [(registry, each) for registry, each in owners if (each == name if dot else each.startswith(name))]
    offered = [
        f"{each}.{setting.key}={setting.default}"
        for registry, each in fitting
        for setting in describe(registry, each).settings
    ]
    return [text for text in offered if text.startswith(incomplete)] if "=" not in incomplete else []


def metrics(incomplete: str) -> list[str]:
    """Return the list of metrics, whose last one is not written out yet, with each that it may be."""
    done, comma, last = incomplete.rpartition(",")
    return [f"{done}{comma}{name}" for name in METRICS.names() if name.startswith(last)]


def targets(incomplete: str) -> list[str]:
    """Return the targets of an export that begin so."""
    return [name for name in TARGETS.names() if name.startswith(incomplete)]


def refs(incomplete: str) -> list[str]:
    """Return names, and once a name is there, its versions and aliases; files are the shell's own to offer."""
    return _refs(incomplete, ())


def refs_of(*kinds: str) -> Callable[[str], list[str]]:
    """Return a function that offers the refs of artifacts of these kinds alone."""

    def offered(incomplete: str) -> list[str]:
        return _refs(incomplete, kinds)

    return offered


def _refs(incomplete: str, kinds: tuple[str, ...]) -> list[str]:
    from posectl.store.box import BOX

    own = _refs_in(Path(os.environ.get("POSECTL_STORE", "artifacts")), incomplete, kinds)
    if "model" not in kinds or (own and ":" in incomplete):  # a name of the store's own hides that in the box
        return own
    return list(dict.fromkeys([*own, *_refs_in(BOX, incomplete, kinds)]))


def _refs_in(store: Path, incomplete: str, kinds: tuple[str, ...]) -> list[str]:
    from posectl.store.layout import Layout

    layout = Layout(store)
    name, colon, _ = incomplete.partition(":")
    if not colon:
        begin = [n for n in layout.names() if n.startswith(incomplete)]
        return [n for n in begin if any(_is_of(layout.version(n, v), kinds) for v in layout.versions(n)[::-1])]
    versions = [v for v in layout.versions(name) if _is_of(layout.version(name, v), kinds)]
    offered = [f"v{v}" for v in versions] + (["latest", *layout.aliases(name)] if versions else [])
    return [ref for selector in offered if (ref := f"{name}:{selector}").startswith(incomplete)]


def _is_of(folder: Path, kinds: tuple[str, ...]) -> bool:
    """Tell whether an artifact is of one of the kinds, by its manifest; any is, where none is named."""
    try:
        return not kinds or json.loads((folder / "manifest.json").read_bytes())["kind"] in kinds
    except (OSError, ValueError, KeyError, TypeError):
        return False
