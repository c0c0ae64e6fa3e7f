"""The resumable state of one training: saved at one instant, checked when loaded, the last two kept."""

from __future__ import annotations

import logging
import math
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posectl.errors import PosectlError
from posectl.store import durable
from posectl.store.bundle import Bundle, BundleWriter
from posectl.store.layout import Layout
from posectl.store.leases import HeldElsewhereError, Lease
from posectl.store.regular import check_folder, is_folder
from posectl.store.sealed import plain

if TYPE_CHECKING:
    import numpy as np

PREFIX = "checkpoints-"
KEEP = 2
_TRAINING, _COLLECTING = "training", 30.0  # what a lock is held for; seconds that `gc` may take over one
_SAVE = re.compile(r"save-[0-9]{9}")
_log = logging.getLogger(__name__)


class Checkpoints:
    """The saves of the training that `key` names, in .staging/checkpoints-<key>/."""

    def __init__(self, layout: Layout, key: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", key):
            raise ValueError(f"{key!r} is no key for checkpoints")
        self.key = key
        self.path = layout.staging / f"{PREFIX}{key}"
        self.lease = Lease(Path(f"{self.path}.lock"), _TRAINING)  # the right to train this, not taken yet
        self._layout = layout

    @contextmanager
    def lock(self, patience: float = 0.2) -> Iterator[Lease]:
        """Hold the training for this process; raise HeldElsewhereError if another holds it after these seconds."""
        with durable.storage_errors(f"lock the training in {self.path}"):
            self._layout.make()
            lease = self.lease
            taken = lease.acquire(patience)
            if not taken and lease.owner().get("work") != _TRAINING:  # `gc`, which holds what it looks at for a moment
                taken = lease.acquire(patience=_COLLECTING)
            if not taken:
                owner = lease.owner()
                raise HeldElsewhereError(
                    f"Process {owner.get('pid', '?')} on {owner.get('host', '?')} trains this very model "
                    f"since {owner.get('start', '?')}.",
                    "Wait for it, stop it, or train with another seed or name.",
                )
        try:
            yield lease
        finally:
            lease.release()

    def save(self, step: int, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Add a checkpoint, whole or not at all, and drop all but the last two.

        arrays: by name, of numbers. record: JSON values, given back by `load` (non-finite numbers as text).
        """
        with durable.storage_errors(f"save the checkpoint of step {step}"):
            self._layout.make()
            self.lease.check()
            durable.make_folder(self.path)
            temporary = self.path / f"{uuid.uuid4().hex}.part"
            try:
                temporary.mkdir()
                writer = BundleWriter(temporary)
                state, layout = _pack(arrays)
                writer.put("state", state, dims=("byte",))
                writer.finish({"step": step, "record": plain(record), "layout": layout})
                last = saves(self.path)[-1:]
                number = int(last[0].name.removeprefix("save-")) + 1 if last else 1
                temporary.rename(self.path / f"save-{number:09d}")
            finally:
                durable.remove_tree(temporary)
            durable.fsync(self.path)
            for old in saves(self.path)[:-KEEP]:
                _discard(old)
            for leftover in leftovers(self.path):
                durable.remove_tree(leftover)

    def load(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """Return the step, arrays and record of the newest save that is intact; None where there is none."""
        for path in reversed(saves(self.path)):
            bundle = Bundle(path)
            try:
                bundle.check_sizes()
                arrays = _unpack(bundle.read("state"), bundle.manifest["layout"])
                return bundle.manifest["step"], arrays, bundle.manifest["record"]
            except (PosectlError, KeyError, TypeError, ValueError) as error:
                _log.warning("%s The checkpoint before it is taken instead.", error)
        return None

    def record(self) -> dict[str, Any]:
        """Return the record of the newest save that is there, without its arrays; empty where there is none."""
        for path in reversed(saves(self.path)):
            with suppress(PosectlError, KeyError, TypeError):
                return dict(Bundle(path).manifest["record"])
        return {}

    def clear(self) -> None:
        """Remove every save."""
        with durable.storage_errors(f"remove the checkpoints in {self.path}"):
            _discard(self.path)


def saves(folder: Path) -> list[Path]:
    """Return the finished saves in a folder of checkpoints, oldest first."""
    return [path for path in _entries(folder) if _SAVE.fullmatch(path.name)]


def leftovers(folder: Path) -> list[Path]:
    """Return the unfinished saves in a folder of checkpoints, which killed processes left."""
    return [path for path in _entries(folder) if not _SAVE.fullmatch(path.name)]


def _discard(folder: Path) -> None:
    """Remove a folder by renaming it first, so that it is never seen half-removed."""
    condemned = Path(f"{folder}.part")
    durable.remove_tree(condemned)
    if is_folder(folder):
        folder.rename(condemned)
    durable.remove_tree(condemned)


def _entries(folder: Path) -> list[Path]:
    check_folder(folder.parent)
    return sorted(folder.iterdir()) if is_folder(folder) else []


def _pack(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Return all arrays as the bytes of one, and where each lies: as a hundred files they would take long to sync."""
    import numpy as np

    from posectl.store.arrays import storable

    values = [storable(name, array) for name, array in arrays.items()]
    layout = [
        {"name": name, "dtype": array.dtype.str, "shape": list(array.shape)}
        for name, array in zip(arrays, values, strict=True)
    ]
    return np.frombuffer(b"".join(array.tobytes() for array in values), dtype=np.uint8), layout


def _unpack(state: np.ndarray, layout: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    import numpy as np

    arrays, start = {}, 0
    for entry in layout:
        dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        end = start + dtype.itemsize * math.prod(shape)
        arrays[entry["name"]] = state[start:end].view(dtype).reshape(shape).copy()
        start = end
    return arrays
