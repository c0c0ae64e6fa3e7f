"""Tasks side by side in processes of this machine."""

from __future__ import annotations

import multiprocessing
import queue as queues
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from posectl import workers
from posectl.errors import InterruptedRunError, PosectlError
from posectl.stages.engines.messages import Message, Reported, speaking
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.task import Task
from posectl.stages.run import Run
from posectl.store import Checkpoints, Store
from posectl.store.leases import HeldElsewhereError

_POLL_SECONDS = 0.2
_ASK_SECONDS = 1.0  # before another look at a task that others do


@dataclass(frozen=True)
class _Numbered:
    """A task as a worker receives it."""

    index: int
    task: Task


def do_all(
    run: Run,
    tasks: Sequence[Task],
    devices: Sequence[str],
    report: Callable[[int, Any, str], None],
    stopped: Callable[[], bool],
    held: Callable[[Task, HeldElsewhereError], None],
) -> dict[str, Outcome]:
    """Do tasks in a process for each device, as `engines.do_all` says; held: is told of those that others do."""
    context = multiprocessing.get_context("spawn")
    messages, free, stop = context.Queue(), context.Queue(), context.Event()
    for device in devices:
        free.put(device)
    outcomes: dict[str, Outcome] = {}
    failures: list[BaseException] = []
    with ProcessPoolExecutor(
        len(devices), mp_context=context, initializer=workers.enter, initargs=(messages, free, stop)
    ) as pool:
        pending: dict[Future[dict[str, Outcome]], _Numbered] = {
            pool.submit(_work, each): each for each in (_Numbered(i, task) for i, task in enumerate(tasks))
        }
        try:
            while pending:
                done, _ = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                _relay(messages, run, report)
                if stopped():
                    stop.set()
                for future in done:
                    each, error = pending.pop(future), future.exception()
                    if isinstance(error, HeldElsewhereError) and not stopped():
                        held(each.task, error)
                        pending[pool.submit(_work, each)] = each
                    elif isinstance(error, InterruptedRunError | BrokenProcessPool):
                        failures.append(error)
                    elif error:
                        failures.append(each.task.failed(error))
                    else:
                        outcomes |= future.result()
        except BaseException:
            stop.set()  # else leaving the pool would wait for the tasks to end
            raise
        _relay(messages, run, report)
    interruptions = [error for error in failures if isinstance(error, InterruptedRunError)]
    for error in interruptions or failures:
        if isinstance(error, BrokenProcessPool) and stopped():  # all of a terminal's processes are told that it closes
            raise InterruptedRunError(
                "Interrupted; the models that were finished are there.", f"To go on: {run.command}"
            ) from error
        if isinstance(error, BrokenProcessPool):
            raise PosectlError(
                "A process of --jobs died, perhaps for want of memory; what was finished is there.",
                f"Fewer --jobs need less; to go on: {run.command}",
            ) from error
        raise error
    return outcomes


def _relay(messages: Any, run: Run, report: Callable[[int, Any, str], None]) -> None:
    """Pass on the messages of the workers."""
    while True:
        try:
            message: Message = messages.get_nowait()
        except queues.Empty:
            return
        if isinstance(message, Reported):
            report(message.index, message.progress, message.host)
        else:
            message.pass_on(run)


def _work(each: _Numbered) -> dict[str, Outcome]:
    messages, free, stop = workers.shared
    task = replace(each.task, run=replace(each.task.run, device=taken(free)))
    checkpoints = watched(str(task.run.store), task.key)
    if checkpoints.lease.is_watched:
        time.sleep(_ASK_SECONDS)
    with speaking(task.run, messages.put) as run:
        try:
            return task.do(
                run, checkpoints, lambda progress: messages.put(Reported(each.index, progress)),
                lambda: workers.leaving.is_set() or stop.is_set(),
            )  # fmt: skip
        except (HeldElsewhereError, InterruptedRunError):
            raise
        except Exception:
            task.keep_log(run)
            raise


@cache
def taken(free: Any) -> str:
    """Return the device that this worker took from those that are free, at its first task."""
    return free.get()


@cache
def watched(store: str, key: str) -> Checkpoints:
    """Return checkpoints whose lease remembers, in this worker, when it saw a beat."""
    return Store(store).checkpoints(key)
