"""Other users for tests that root runs: root may do anything, and so shows nothing of permissions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import posectl

only_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another")
NOBODY, SOMEBODY, GROUP = 65534, 65533, 54321


@contextmanager
def as_user(user: int = NOBODY, group: int = NOBODY, umask: int = 0o022) -> Iterator[None]:
    """Be another user of one group for a while; skip the test where posectl is installed out of their reach."""
    groups, before, old = os.getgroups(), os.getegid(), os.umask(umask)
    os.setgroups([])
    os.setegid(group)
    os.seteuid(user)
    try:
        if not os.access(posectl.__file__, os.R_OK, effective_ids=True):
            pytest.skip("posectl is installed where other users may not read")
        yield
    finally:
        os.seteuid(0)
        os.setegid(before)
        os.setgroups(groups)
        os.umask(old)
