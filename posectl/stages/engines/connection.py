"""The connection to a scheduler of Dask, elsewhere or on this machine, and the function that its workers are sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from posectl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from distributed import Client

ANSWER = 10.0  # seconds that a scheduler has to answer
DEATHS = 100  # workers that may be lost with one task: hosts go down, and that says nothing of it


def check(scheduler: str) -> None:
    """Raise UnavailableError where Dask is not installed, UsageError for what is no address of a scheduler."""
    if find_spec("distributed") is None:
        raise UnavailableError("The engine dask needs Dask, which is not installed.", "pip install 'posectl[dask]'")
    if not scheduler:
        return
    from distributed.comm import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    try:
        protocol, place = parse_address(scheduler)
        get_backend(protocol)
        parse_host_port(place)
    except ValueError as error:
        raise UsageError(
            f"{scheduler!r} is no address of a scheduler.", "For example --scheduler tcp://HOST:8786."
        ) from error


def connect(address: str) -> Client:
    """Return a client of the scheduler at an address. Raises UnavailableError where none answers."""
    from distributed import Client

    try:
        with ThreadPoolExecutor(1) as apart:  # a notebook's own thread has a loop that runs
            apart.submit(asyncio.run, asyncio.wait_for(_answer(address), ANSWER)).result()
        client = Client(address, timeout=ANSWER, set_as_default=False, name="posectl")
    except Exception as error:  # whatever another server's answer is taken for
        raise UnavailableError(
            f"No scheduler of Dask answers at {address} within {ANSWER:g} s.",
            "Start one (dask scheduler), or leave --scheduler out for processes of this machine.",
        ) from error
    # By value, for the scheduler's host need not have posectl.
    client.run_on_scheduler(lambda deaths, dask_scheduler: setattr(dask_scheduler, "allowed_failures", deaths), DEATHS)
    return client


async def _answer(address: str) -> None:
    """Ask a scheduler who it is: a client would wait for ever for one that takes calls and says nothing. Raises
    ValueError if it is none."""
    from distributed.core import connect
    from distributed.security import Security

    comm = await connect(address, **Security().get_connection_args("client"))
    try:
        await comm.write({"op": "identity", "reply": True})
        if (await comm.read())["type"] != "Scheduler":
            raise ValueError(address)
    finally:
        comm.abort()


def called() -> Callable[..., Any]:
    """Return the function that workers are sent, by value: nobody but they need know posectl, the scheduler least.

    It is called with a function and arguments of it, pickled, and with results of other tasks.
    """

    def call(sent: bytes, *results: Any) -> Any:
        import pickle

        function, *arguments = pickle.loads(sent)
        return function(*arguments, *results)

    return call


@contextmanager
def here(jobs: int) -> Iterator[str]:
    """Yield the address of a scheduler whose workers are so many processes of this machine."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.worker.daemon": True}),
        LocalCluster(
            n_workers=jobs, threads_per_worker=1, memory_limit=None, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            worker_dashboard_address=None, silence_logs=logging.CRITICAL, preload=["posectl.workers"],
        ) as cluster,
    ):  # fmt: skip
        yield cluster.scheduler_address


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Keep Dask from telling of every connection that ends: what matters of it is told here."""
    import distributed  # noqa: F401  # which makes its loggers, with levels of their own

    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
