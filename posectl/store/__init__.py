"""Versioned artifacts in a folder. Importing this imports neither numpy nor zarr, for completion lists names by it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posectl.store.artifact import Artifact as Artifact
    from posectl.store.artifact import Parent as Parent
    from posectl.store.checkpoints import Checkpoints as Checkpoints
    from posectl.store.draft import Draft as Draft
    from posectl.store.headers import ArrayInfo as ArrayInfo
    from posectl.store.refs import Ref as Ref
    from posectl.store.store import Store as Store

_MODULES = {
    "ArrayInfo": "headers",
    "Artifact": "artifact",
    "Checkpoints": "checkpoints",
    "Draft": "draft",
    "Parent": "artifact",
    "Ref": "refs",
    "Store": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
