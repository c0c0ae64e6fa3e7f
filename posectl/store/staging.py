"""Folders in .staging/, where work is done before it is visible, each with a lock that ends with its maker."""

from __future__ import annotations

import uuid
from pathlib import Path

from posectl.store import durable
from posectl.store.layout import Layout
from posectl.store.locks import lock_on


class Staging:
    """One folder being filled, that `commit` turns into the next version of a name."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        layout.make()
        self.path = layout.staging / uuid.uuid4().hex
        # The lock comes first and goes last: a folder without one is nobody's.
        self._lock = lock_on(Path(f"{self.path}.lock"))
        self._lock.acquire()
        try:
            self.path.mkdir()
        except BaseException:
            self._lock.release()
            raise

    def commit(self, name: str) -> Path:
        """Rename the folder, finished and on the disk, to the next version of `name`; return its path."""
        folder = self.layout.folder(name)
        while True:
            durable.make_folder(folder)
            target = folder / f"v{self.layout.next_version(name)}"
            try:
                taken = not durable.rename_new(self.path, target)
            except FileNotFoundError:  # `gc` removed the name's folder while it was empty
                if not self.path.is_dir():
                    raise
                continue
            if not taken:
                durable.fsync(folder)
                self._lock.release()
                return target

    def discard(self) -> None:
        """Remove the folder, unless it was committed."""
        durable.remove_tree(self.path)
        self._lock.release()
