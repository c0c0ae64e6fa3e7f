"""A small cluster of Dask."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def scheduler():
    """The address of a scheduler with two workers, threads of this process: none has to be started."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None,
        worker_dashboard_address=None, memory_limit=None,
    ) as made:  # fmt: skip
        yield made.scheduler_address
