"""The engines that train the stacks of a sweep: one after another in this process, or side by side in several."""

from __future__ import annotations

import multiprocessing
import os
import queue as queues
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from posectl import workers
from posectl.core import device as devices
from posectl.errors import InterruptedRunError, PosectlError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.run import Progress, Run
from posectl.stages.training.log import check_form
from posectl.stages.training.progress import ProgressTable
from posectl.stages.training.stack import Outcome, Stack, train_stack

ENGINES = ("inline", "process")
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Engine:
    """The way a sweep is trained, which is no part of its identity.

    jobs: processes at once, one stack each. log: the form of the log of each training.
    """

    name: str = "inline"
    jobs: int = 1
    log: str = ""

    def check(self, device: torch.device) -> None:
        """Raise UsageError for more jobs than there are cores, or CUDA devices where those are used."""
        check_form(self.log)
        if self.name not in ENGINES:
            raise UsageError(f"There is no engine {self.name!r}.", f"Use {' or '.join(ENGINES)}.")
        if self.jobs < 1:
            raise UsageError(f"--jobs must be at least 1, not {self.jobs}.", "For example --jobs 2.")
        if self.jobs > 1 and self.name == "inline":
            raise UsageError("Several jobs need processes of their own.", "Add --engine process.")
        most, what = (torch.cuda.device_count(), "CUDA device(s)") if device.type == "cuda" else (cores(), "core(s)")
        if self.name == "process" and self.jobs > most:
            raise UsageError(f"{self.jobs} jobs are more than the {most} {what} here.", f"--jobs {most} at most.")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_all(
    run: Run,
    dataset: StoredDataset,
    stacks: Sequence[Stack],
    found: Collection[str],
    device: torch.device,
    engine: Engine,
    stopped: Callable[[], bool],
) -> dict[str, Outcome]:
    """Train every replica that is not in `found` (keys), and return the outcome of each by its key.

    A stack that fails stops no other; the first failure is raised when all are through. Raises InterruptedRunError.
    """
    missing = {i: stack for i, stack in enumerate(stacks) if not stack.all_in(found)}
    if not missing:
        return {}
    table = ProgressTable(run, stacks, found)
    run.progress(table.progress())
    if engine.name == "process":
        return _in_processes(run, dataset, missing, found, device, engine, table, stopped)
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []
    for index, stack in missing.items():
        try:
            outcomes |= train_stack(
                run,
                dataset,
                stack,
                found,
                device,
                report=partial(table.report, index),
                stopped=stopped,
                log=engine.log,
            )
        except InterruptedRunError:
            raise
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return outcomes


class _Detail(str):
    """A sentence for verbose output."""


class _Warning(str):
    """A sentence that is told whatever is asked for."""


@dataclass(frozen=True)
class _Task:
    """A stack as a worker receives it."""

    index: int
    run: Run
    dataset: str
    stack: Stack
    found: frozenset[str]
    device: str
    log: str


def _in_processes(
    run: Run,
    dataset: StoredDataset,
    stacks: Mapping[int, Stack],
    found: Collection[str],
    device: torch.device,
    engine: Engine,
    table: ProgressTable,
    stopped: Callable[[], bool],
) -> dict[str, Outcome]:
    jobs = engine.jobs
    context = multiprocessing.get_context("spawn")
    messages, stop = context.Queue(), context.Event()
    # So many threads each that all cores are at work, but no more than this process was allowed.
    threads = run.threads or max(1, min(torch.get_num_threads(), cores() // jobs))
    theirs = replace(
        run, tell=_tell, detail=_detail, warn=_warn, progress=_no_progress, threads=threads, sources=dict(run.sources),
        store=str(run.artifacts.path),
    )  # fmt: skip
    outcomes: dict[str, Outcome] = {}
    failures: list[BaseException] = []
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=workers.enter, initargs=(messages, stop)) as pool:
        pending: set[Future[dict[str, Outcome]]] = {
            pool.submit(
                _work,
                _Task(
                    i, theirs, dataset.artifact.ref, stack, frozenset(found), _device_of(n, device, jobs), engine.log
                ),
            )
            for n, (i, stack) in enumerate(stacks.items())
        }
        try:
            while pending:
                done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                _relay(messages, run, table)
                if stopped():
                    stop.set()
                for future in done:
                    if error := future.exception():
                        failures.append(error)
                    else:
                        outcomes |= future.result()
        except BaseException:
            stop.set()  # else leaving the pool would wait for the trainings to end
            raise
        _relay(messages, run, table)
    interruptions = [error for error in failures if isinstance(error, InterruptedRunError)]
    for error in interruptions or failures:
        if isinstance(error, BrokenProcessPool) and stopped():  # all of a terminal's processes are told that it closes
            raise InterruptedRunError(
                "Interrupted; the models that were finished are there.", f"To go on: {run.command}"
            ) from error
        if isinstance(error, BrokenProcessPool):
            raise PosectlError(
                "A training process died, perhaps for want of memory; finished models are there.",
                f"Fewer --jobs need less; to go on: {run.command}",
            ) from error
        raise error
    return outcomes


def _device_of(index: int, device: torch.device, jobs: int) -> str:
    return f"cuda:{index % torch.cuda.device_count()}" if device.type == "cuda" and jobs > 1 else str(device)


def _relay(messages: Any, run: Run, table: ProgressTable) -> None:
    """Pass on the messages of the workers."""
    while True:
        try:
            message = messages.get_nowait()
        except queues.Empty:
            return
        if isinstance(message, _Detail):
            run.detail(message)
        elif isinstance(message, _Warning):
            run.warn(message)
        elif isinstance(message, str):
            run.tell(message)
        else:
            table.report(*message)


def _work(task: _Task) -> dict[str, Outcome]:
    messages, stop = workers.shared
    devices.use_threads(task.run.threads)
    dataset = StoredDataset(task.run.artifacts.get(task.dataset))
    return train_stack(
        task.run, dataset, task.stack, task.found, torch.device(task.device),
        report=lambda progress: messages.put((task.index, progress)),
        stopped=lambda: workers.leaving.is_set() or stop.is_set(), log=task.log,
    )  # fmt: skip


def _tell(message: str) -> None:
    workers.shared[0].put(message)


def _detail(message: str) -> None:
    workers.shared[0].put(_Detail(message))


def _warn(message: str) -> None:
    workers.shared[0].put(_Warning(message))


def _no_progress(progress: Progress) -> None:
    """Ignore the progress of a worker, which is reported by stack."""
