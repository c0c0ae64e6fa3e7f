"""The artifacts that come with posectl, each found by its name where a store has nothing of that name."""

from __future__ import annotations

from pathlib import Path

from posectl.store.artifact import Artifact
from posectl.store.layout import Layout
from posectl.store.refs import LATEST, Ref

BOX = Path(__file__).parents[1] / "box"
"""A store, of which nothing is ever written."""


def boxed(ref: Ref) -> Artifact | None:
    """Return the artifact in the box that a ref by name means; None where there is none such."""
    layout = Layout(BOX)
    versions = layout.versions(ref.name)
    version = versions[-1] if versions and ref.selector == LATEST else ref.version
    return Artifact(layout.version(ref.name, version)) if version in versions else None
