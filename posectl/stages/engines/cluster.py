"""Tasks on Dask: on processes of this machine, or on the workers of a scheduler, wherever those are.

Dask chooses who does a task, and gives the task of a lost worker to another. Neither does harm, for tasks are claimed
in the store and may be done twice. What travels is small: refs there, outcomes and progress back.
"""

from __future__ import annotations

import hashlib
import pickle
import queue as queues
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from posectl.errors import InterruptedRunError, PosectlError, UnavailableError
from posectl.stages.engines import connection
from posectl.stages.engines.connection import DEATHS, called, connect, here, quiet_logs
from posectl.stages.engines.messages import Message, Reported, speaking
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.processes import watched
from posectl.stages.engines.task import SAME, OtherCodeError, Task
from posectl.stages.run import Run
from posectl.store import beats
from posectl.store.leases import HeldElsewhereError

if TYPE_CHECKING:
    from distributed import Client, Future

AGAIN = 300.0  # seconds that one has to come back which was lost
RETRIES = 2  # of a task that fails unforeseen
_POLL_SECONDS, _LOOK_SECONDS, _REPORT_SECONDS = 0.2, 5.0, 1.0
_LEAVE_SECONDS = 60.0  # for checkpoints, after Ctrl-C


def do_all(
    run: Run,
    tasks: Sequence[Task],
    scheduler: str,
    jobs: int,
    report: Callable[[int, Any, str], None],
    stopped: Callable[[], bool],
    held: Callable[[Task, HeldElsewhereError], None],
) -> dict[str, Outcome]:
    """Do tasks on the workers of the scheduler at an address, or in `jobs` processes of this machine if that is "", as
    `engines.do_all` says; held: is told of those that others do.

    Workers that were lost, with their tasks or for good, are no failures, and the scheduler itself may be started anew.
    A host of other code, without the store or without room on its disk is told of, and its tasks go to others. Raises
    UnavailableError for a scheduler that does not answer, or where no host is left.
    """
    outcomes: dict[str, Outcome] = {}
    failures: list[PosectlError] = []
    with quiet_logs(), _Cluster(run, scheduler, jobs) as cluster:
        for index, task in enumerate(tasks):
            cluster.submit(_Given(index, task))
        while cluster.pending:
            time.sleep(_POLL_SECONDS)
            for message in cluster.messages():
                if isinstance(message, Reported):
                    report(message.index, message.progress, message.host)
                else:
                    message.pass_on(run)
            if stopped():
                cluster.stop()
                raise InterruptedRunError(
                    "Interrupted; the models that were finished are there.", f"To go on: {run.command}"
                )
            for given, done in cluster.ended(stopped):
                if done.error is None:
                    outcomes |= done.outcomes
                elif isinstance(done.error, HeldElsewhereError | InterruptedRunError):
                    if isinstance(done.error, HeldElsewhereError):
                        held(given.task, done.error)
                    cluster.submit(given.again())
                elif isinstance(done.error, UnavailableError) and cluster.leave_out(done):
                    cluster.submit(given.again())
                else:
                    failures.append(given.task.failed(done.error, done.host))
    if failures:
        raise failures[0]
    return outcomes


@dataclass(frozen=True)
class _Given:
    """A task that Dask has. turn: how often it was given before; only: the workers that may do it, () for all."""

    index: int
    task: Task
    turn: int = 0
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The key that Dask knows it by, whose beginning its dashboard shows: the task's, in its store."""
        name, run = self.task.name.replace("-", "_"), self.task.run
        where = hashlib.sha256(f"{run.store} {run.threads}".encode()).hexdigest()[:8]
        return f"{name}-{self.task.key}-{where}-{self.turn}"

    def again(self) -> _Given:
        """Return the task as it is given once more: Dask remembers what came of its key before."""
        return _Given(self.index, self.task, self.turn + 1)


@dataclass(frozen=True)
class _Done:
    """The outcomes of a task, or the error that it ended by, on the worker of an address."""

    host: str
    worker: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    error: BaseException | None = None


class _Cluster:
    """A scheduler with its workers, and the tasks that it was given; a context manager."""

    def __init__(self, run: Run, address: str, jobs: int) -> None:
        self._run, self._address, self._jobs, self._is_remote = run, address, jobs, bool(address)
        self._topic = f"posectl-{uuid.uuid4().hex}"
        self._said: queues.SimpleQueue[Message] = queues.SimpleQueue()
        self._unfit: set[str] = set()  # addresses of workers
        self._told: set[str] = set()  # hosts that were warned of
        self._looked = time.monotonic()
        self._stack = ExitStack()
        self.pending: dict[Future, _Given] = {}

    def __enter__(self) -> _Cluster:
        with self._stack:
            if not self._address:
                self._address = self._stack.enter_context(here(self._jobs))
            self.client = self._connect()
            self._stack = self._stack.pop_all()
        if link := self.client.dashboard_link:
            self._run.detail(f"Dask's dashboard, where bokeh is installed: {link}")
        if not self._workers():
            self._run.tell(f"The scheduler at {self._address} has no workers yet; they are waited for.")
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(Exception):
            self.client.close(timeout=connection.ANSWER)
        self._stack.close()

    def _connect(self) -> Client:
        client = connect(self._address)
        client.subscribe_topic(self._topic, lambda event: self._said.put(pickle.loads(event[1])))
        return client

    def submit(self, given: _Given) -> None:
        """Give a task to Dask, for any worker that is not known to be unfit."""
        only = tuple(sorted(self._workers() - self._unfit)) if self._unfit else ()
        given = _Given(given.index, given.task, given.turn, only)
        future = self.client.submit(
            called(), pickle.dumps((_work, given.task, given.index, self._topic)), key=given.name, pure=True,
            retries=RETRIES, workers=list(only) or None,
        )  # fmt: skip
        self.pending[future] = given

    def messages(self) -> Iterator[Message]:
        """Yield what workers said since the last call."""
        while not self._said.empty():
            yield self._said.get()

    def ended(self, stopped: Callable[[], bool]) -> Iterator[tuple[_Given, _Done]]:
        """Yield the tasks that ended, and give those again that Dask lost."""
        if self.client.status != "running" or any(each.status in ("cancelled", "lost") for each in self.pending):
            self._reconnect(stopped)
        if self._unfit and time.monotonic() - self._looked > _LOOK_SECONDS:
            self._free_bound()
        for future, given in list(self.pending.items()):
            done = self._result(future, given)
            if done is not None:
                del self.pending[future]
                future.release()
                yield given, done

    def _result(self, future: Future, given: _Given) -> _Done | None:
        """Return how a task ended; None if it has not, or if its worker was lost with the result."""
        from distributed import KilledWorker

        if future.status not in ("finished", "error"):
            return None
        try:
            error = future.exception(timeout=connection.ANSWER)
            if error is None:
                return future.result(timeout=connection.ANSWER)
        except TimeoutError:
            return None
        if isinstance(error, KilledWorker):
            error = PosectlError(
                f"The workers that had it were lost, {DEATHS + 1} times.", "Perhaps their memory is too small for it."
            )
        elif isinstance(error, ImportError) or "Can't get attribute" in str(error):  # the task makes no sense there
            address = self.client.run_on_scheduler(
                lambda key, dask_scheduler: min(dask_scheduler.tasks[key].erred_on, default=""), given.name
            )
            return _Done(
                address, address, error=OtherCodeError(f"{address} has no posectl, or another: {error}.", SAME)
            )
        return _Done("", error=error)

    def leave_out(self, done: _Done) -> bool:
        """Leave a worker out from now on for the error that it gave; return whether others are left."""
        error = done.error
        assert isinstance(error, UnavailableError)
        if not done.worker:
            return False
        self._unfit.add(done.worker)
        if not self._workers() - self._unfit:
            return False
        if done.host not in self._told:
            self._run.warn(f"{error.message} Its tasks go to other workers.")
        self._told.add(done.host)
        return True

    def stop(self) -> None:
        """Let tasks at work save themselves and end, unless others want them, and forget those that wait."""
        self.client.cancel(list(self.pending), force=False)
        self.pending.clear()
        deadline = time.monotonic() + _LEAVE_SECONDS
        with suppress(OSError, TimeoutError):
            while self._jobs_here() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)

    def _jobs_here(self) -> bool:
        """Tell whether processes of this machine, which end with this one, are at work."""
        if self._is_remote:
            return False
        return any(self.client.run(lambda dask_worker: dask_worker.state.executing_count).values())

    def _workers(self) -> set[str]:
        with suppress(OSError):  # a scheduler that was just lost
            return set(self.client.scheduler_info(n_workers=-1)["workers"])
        return set()

    def _free_bound(self) -> None:
        """Give the tasks again whose workers are all gone."""
        self._looked, workers = time.monotonic(), self._workers()
        for future, given in list(self.pending.items()):
            if given.only and not workers.intersection(given.only) and workers - self._unfit:
                del self.pending[future]
                future.release()
                self.submit(given.again())

    def _reconnect(self, stopped: Callable[[], bool]) -> None:
        """Find the scheduler again, which was lost and perhaps started anew, and give it all that is left."""
        self._run.tell(f"The scheduler at {self._address} was lost; it is looked for again.")
        with suppress(Exception):
            self.client.close(timeout=1)
        left, deadline = list(self.pending.values()), time.monotonic() + AGAIN
        self.pending.clear()
        while True:
            try:
                self.client = self._connect()
                break
            except UnavailableError:
                if stopped() or time.monotonic() > deadline:
                    raise
                time.sleep(1)
        self._run.tell(f"The scheduler is there again; it is given the {len(left)} tasks that are left.")
        for given in left:
            self.submit(given)


def _work(task: Task, index: int, topic: str) -> _Done:
    """Do a task on a worker. Foreseen errors are its result, which Dask would else take for reasons to try again."""
    from distributed import Status, get_worker

    worker, host = get_worker(), socket.gethostname()
    key, last, kept = worker.get_current_task(), -_REPORT_SECONDS, None

    def send(message: Message) -> None:
        worker.log_event(topic, pickle.dumps(message))

    def report(progress: Any) -> None:
        nonlocal last, kept
        kept = Reported(index, progress, host)
        if time.monotonic() - last >= _REPORT_SECONDS:
            last = time.monotonic()
            send(kept)

    def stopped() -> bool:
        """Tell whether nobody wants the task any more, or the worker is about to end."""
        state = worker.state.tasks.get(key)
        wanted = state is not None and state.state != "cancelled"
        return not wanted or worker.status not in (Status.running, Status.paused)

    with speaking(task.run, send) as run:
        try:
            outcomes = _patiently(task, run, report, stopped)
        except PosectlError as error:
            if not isinstance(error, HeldElsewhereError | InterruptedRunError):
                task.keep_log(run)
            return _Done(host, worker.address, error=error)
        except Exception:
            task.keep_log(run)
            raise
    if kept is not None:
        send(kept)
    return _Done(host, worker.address, outcomes)


def _patiently(task: Task, run: Run, report: Callable[[Any], None], stopped: Callable[[], bool]) -> dict[str, Outcome]:
    """Do a task, if need be after so long that a dead process which holds it would have been found out."""
    checkpoints, deadline = watched(str(run.store), task.key), time.monotonic() + 1.2 * beats.SILENCE
    while True:
        try:
            return task.do(run, checkpoints, report, stopped)
        except HeldElsewhereError:
            if stopped() or time.monotonic() > deadline:
                raise
            time.sleep(1)
