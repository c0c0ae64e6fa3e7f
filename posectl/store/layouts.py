"""The layout of a store, by where it lies."""

from __future__ import annotations

import os
from pathlib import Path

from posectl.store.layout import Layout
from posectl.store.locations import url_of


def layout_at(place: str | Path) -> Layout:
    """Return the layout of the store in a folder or at s3://bucket/prefix; raise UsageError for another scheme."""
    if url := url_of(place):
        from posectl.store.remote import RemoteLayout  # here, for a folder needs no obstore

        return RemoteLayout(url)
    return Layout(Path(os.path.expanduser(place)).absolute())
