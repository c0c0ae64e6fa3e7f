"""The resumable state of one training: saved at one instant, checked when loaded, the last two kept."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posectl.errors import ConflictError, PosectlError
from posectl.store import durable
from posectl.store.bundle import Bundle, BundleWriter
from posectl.store.layout import Layout
from posectl.store.locks import Lock
from posectl.store.sealed import plain

if TYPE_CHECKING:
    import numpy as np

PREFIX = "checkpoints-"
KEEP = 2
_SAVE = re.compile(r"save-([0-9]{9})")
_log = logging.getLogger(__name__)


class Checkpoints:
    """The saves of the training that `key` names, in .staging/checkpoints-<key>/."""

    def __init__(self, layout: Layout, key: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", key):
            raise ValueError(f"{key!r} is no key for checkpoints")
        self.key = key
        self.path = layout.staging / f"{PREFIX}{key}"
        self._layout = layout

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the training for this process; raises ConflictError if a live one holds it."""
        with durable.storage_errors(f"lock the training in {self.path}"):
            self._layout.make()
            lock = Lock(self._layout.lock_of(self.path))
            if not lock.acquire(patience=0.2):  # `gc` looks whether a lock is free by taking it for an instant
                owner = lock.owner()
                raise ConflictError(
                    f"Process {owner.get('pid', '?')} on {owner.get('host', '?')} trains this very model "
                    f"since {owner.get('start', '?')}.",
                    "Wait for it, stop it, or train with another seed or name.",
                )
        try:
            yield
        finally:
            lock.release()

    def save(self, step: int, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Adds a checkpoint, whole or not at all, and drops all but the last two.

        arrays: by name, "/" makes groups. record: JSON values, given back by `load` (non-finite numbers as text).
        """
        with durable.storage_errors(f"save the checkpoint of step {step}"):
            self._layout.make()
            durable.make_folder(self.path)
            temporary = self.path / f"{uuid.uuid4().hex}.part"
            try:
                temporary.mkdir()
                writer = BundleWriter(temporary)
                for name, values in arrays.items():
                    writer.put(name, values)
                writer.finish({"step": step, "record": plain(record)})
                numbers = [number for number, _ in self._saves()]
                temporary.rename(self.path / f"save-{max(numbers, default=0) + 1:09d}")
            finally:
                durable.remove_tree(temporary)
            durable.fsync(self.path)
            for _, old in self._saves()[:-KEEP]:
                durable.remove_tree(old)

    def load(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """The step, arrays and record of the newest save that is intact; None where there is none."""
        for _, path in reversed(self._saves()):
            bundle = Bundle(path)
            try:
                bundle.check_sizes()
                arrays = {name: bundle.read(name) for name in bundle.arrays()}
                return int(bundle.manifest["step"]), arrays, dict(bundle.manifest["record"])
            except PosectlError as error:
                _log.warning("%s The checkpoint before it is taken instead.", error.message)
        return None

    def clear(self) -> None:
        """Removes every save."""
        with durable.storage_errors(f"remove the checkpoints in {self.path}"):
            durable.remove_tree(self.path)

    def _saves(self) -> list[tuple[int, Path]]:
        if not self.path.is_dir():
            return []
        matches = ((_SAVE.fullmatch(entry.name), entry) for entry in self.path.iterdir())
        return sorted((int(match[1]), entry) for match, entry in matches if match)
