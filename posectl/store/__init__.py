"""Versioned artifacts in a folder; importing this imports neither numpy nor zarr."""

from posectl.store.artifact import Artifact, Parent
from posectl.store.checkpoints import Checkpoints
from posectl.store.draft import Draft
from posectl.store.headers import ArrayInfo
from posectl.store.refs import Ref
from posectl.store.store import Store

__all__ = ["ArrayInfo", "Artifact", "Checkpoints", "Draft", "Parent", "Ref", "Store"]
