"""The regularizers and their settings, as `posectl regularizers` prints them."""

from __future__ import annotations

from typing import Any

from posectl.core.objectives import OBJECTIVES
from posectl.described import describe
from posectl.errors import UsageError, did_you_mean
from posectl.stages.options import PRICED, RECIPES


def regularizers(name: str | None = None) -> list[dict[str, Any]]:
    """Describe one regularizer or all: name, summary, source, which of its paper's settings are the defaults, and its
    settings, each with key, type, default, meaning and the paper's value. A recipe has parts, with their weights.

    Raises UsageError for a name that there is not.

    >>> import posectl
    >>> [setting["key"] for setting in posectl.regularizers("acai")[0]["settings"]]
    ['lam', 'gamma']
    """
    known = [*OBJECTIVES.names(), *RECIPES]
    if name is not None and name not in known:
        raise UsageError(f"There is no regularizer {name!r}.", did_you_mean(name, known))
    return [_recipe(each) if each in RECIPES else describe(OBJECTIVES, each).as_json() for each in
            ([name] if name else known)]  # fmt: skip


def _recipe(name: str) -> dict[str, Any]:
    parts, priced = RECIPES[name], {part: weight for part, weight in PRICED[name].items() if weight}
    summary = f"A recipe: {_listed(priced)}, by how hard they pull, times what --price allows."
    source = f"With --lam X its weights are constant: X times {_listed(parts)}."
    return {"name": name, "summary": summary, "source": source, "defaults": "", "settings": [], "parts": dict(parts),
            "priced": priced}  # fmt: skip


def _listed(parts: dict[str, float]) -> str:
    return ", ".join(f"{part} {weight:g}" for part, weight in parts.items())
