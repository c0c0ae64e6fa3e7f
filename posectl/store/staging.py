"""Folders in .staging/, where work is done before it is visible, each with a lock that ends with its maker."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from posectl.store import durable
from posectl.store.layout import Layout
from posectl.store.leases import Lease
from posectl.store.locks import lock_on


class Staging:
    """One folder being filled, that `commit` turns into the next version of a name.

    lease: under which that is done. Its token begins the folder's name, by which whoever takes the lease over finds it.
    """

    def __init__(self, layout: Layout, lease: Lease | None = None) -> None:
        self.layout, self._lease = layout, lease
        layout.make()
        name = uuid.uuid4().hex
        self.path = layout.staging / (f"{lease.token}-{name}" if lease else name)
        # The lock comes first and goes last: a folder without one is nobody's.
        self._lock = lock_on(Path(f"{self.path}.lock"))
        self._lock.acquire()
        try:
            self.path.mkdir()
        except BaseException:
            self._lock.release()
            raise

    def commit(self, name: str, check: Callable[[], None] = lambda: None) -> Path:
        """Make the folder, finished and on the disk, the next version of `name`; return its path.

        check: raises unless the name may have it; nobody publishes under the name meanwhile.
        """

        def allowed() -> None:
            check()
            self.check()

        target = self.layout.commit(self.path, name, allowed)
        self._lock.release()
        return target

    def check(self) -> None:
        """Raise ConflictError if the folder was taken from this process, as from one that was frozen."""
        if self._lease:
            self._lease.check()
        self._lock.check()

    def discard(self) -> None:
        """Remove the folder, unless it was committed."""
        durable.remove_tree(self.path)
        self._lock.release()
