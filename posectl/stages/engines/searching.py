"""The search of a reference beyond memory on Dask's workers: each block of it is a task."""

from __future__ import annotations

import pickle
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch

from posectl.core.shards import Bounds, Part, SearchBlock, Submit
from posectl.errors import PosectlError, UnavailableError
from posectl.stages.engines.connection import called, connect, here, quiet_logs
from posectl.stages.engines.task import SAME, OtherCodeError
from posectl.stages.identity import code_digest


@dataclass(frozen=True)
class DaskWorkers:
    """The workers of the scheduler at an address; "": so many processes of this machine."""

    scheduler: str = ""
    jobs: int = 1

    @contextmanager
    def searching(self, search: SearchBlock) -> Iterator[tuple[Submit, int]]:
        """Give the workers blocks, two at a time each. A lost worker's go to another.

        Raises UnavailableError for a scheduler that does not answer, or was lost, and OtherCodeError for a worker that
        would find something else.
        """
        from distributed import KilledWorker

        with quiet_logs(), ExitStack() as stack:
            address = self.scheduler or stack.enter_context(here(self.jobs))
            client = stack.enter_context(connect(address))
            threads = sum(each["nthreads"] for each in client.scheduler_info(n_workers=-1)["workers"].values())
            executor, call = client.get_executor(), called()
            told, name = pickle.dumps(search), uuid.uuid4().hex
            # A task, not scattered data: Dask makes it again where the workers that had it were lost.
            given = client.submit(call, pickle.dumps((bytes, told)), key=f"queries-{name}")

            def submit(number: int, bounds: Bounds) -> Future[Part]:
                block = pickle.dumps((_search, number, bounds, _code()))
                return executor.submit(call, block, given, key=f"block-{name}-{number}")

            try:
                yield submit, 2 * max(1, threads)
            except KilledWorker as error:
                raise PosectlError(
                    "The workers that searched a block were lost, again and again.", "Perhaps they lack memory for it."
                ) from error
            except CancelledError as error:
                raise UnavailableError(
                    f"The scheduler at {address} was lost in the search.", "Run again when it is there."
                ) from error


def _search(number: int, bounds: Bounds, code: str, told: bytes) -> Part:
    """Search a block on a worker."""
    host = socket.gethostname()
    if code != _code():
        raise OtherCodeError(f"{host} would search with other code.", SAME)
    torch.set_num_threads(1)
    search: SearchBlock = pickle.loads(told)
    try:
        return search(number, bounds)
    except OSError as error:
        raise UnavailableError(
            f"{host} cannot read the reference: {error}.", "Mount the store under the same path on every host."
        ) from error


def _code() -> str:
    return code_digest("evaluate", frozenset())
