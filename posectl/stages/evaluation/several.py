"""Evaluations of many subjects as tasks: the models of a sweep, a few at a time, by whatever engine does them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from posectl.core import device as devices
from posectl.core.metrics import METRICS
from posectl.errors import InterruptedRunError, UsageError
from posectl.stages.artifacts.files import is_baseline, is_file
from posectl.stages.artifacts.model import HINT
from posectl.stages.engines.engine import Engine, do_all
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.searching import DaskWorkers
from posectl.stages.engines.shards import Shard
from posectl.stages.engines.task import Task, common_name, quiet
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.generated import is_generated
from posectl.stages.evaluation.together import INTERRUPTED, Weighted, are_together, evaluate_together, is_beyond
from posectl.stages.identity import code_digest
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Progress, Result, Run
from posectl.stages.training.trainer import interruptible
from posectl.store import Checkpoints

# Subjects of a task: at most, the number of tasks from which on there are more than one in each, and those that pass
# over a reference beyond memory together.
_MOST, _TASKS, _TOGETHER = 16, 16, 32


@dataclass(frozen=True)
class EvaluationTask(Task):
    """The evaluation of some subjects against one reference by one protocol."""

    subjects: tuple[Weighted, ...]
    against: str | None
    options: EvaluateOptions

    def _do(
        self, run: Run, checkpoints: Checkpoints, report: Callable[[Any], None], stopped: Callable[[], bool]
    ) -> dict[str, Outcome]:
        self._check(_key(run, self.subjects, self.against, self.options))
        outcomes: dict[str, Outcome] = {}
        with checkpoints.lock() as lease:

            def done(subject: Weighted, made: Result) -> None:
                outcomes[_outcome(*subject)] = Outcome(ref=made.ref)
                report(Progress("scoring", len(outcomes), len(self.subjects), "models"))

            if are_together(run, self.subjects, self.against):
                evaluate_together(
                    run, self.subjects, self.against, self.options, lease=lease, done=done, stopped=stopped
                )
                return outcomes
            for subject, weights in self.subjects:
                if stopped():
                    raise InterruptedRunError(INTERRUPTED)
                options = replace(self.options, weights=weights)
                done((subject, weights), evaluate(run, subject, self.against, options, lease=lease))
        return outcomes


@dataclass(frozen=True)
class EvaluationPlan:
    """What a task would be. id: the beginning of its key; shard: the part of `--shard` that is this task alone; state:
    who does it, if anybody; there: how many subjects have scores of these settings, by this code or other."""

    id: str
    state: str
    shard: str
    subjects: list[str]
    there: int


def evaluate_all(
    run: Run,
    subjects: Sequence[tuple[str | None, str]],
    against: str | None = None,
    options: EvaluateOptions = EvaluateOptions(),
    *,
    engine: Engine = Engine(),
    shard: Shard = Shard(1, 1),
) -> list[Result]:
    """Evaluate (subject, weights) pairs, or the shard's of them, as tasks, and return their scores in that order.

    Each comes out as `evaluate` makes it. Against a reference beyond memory a task is of as many as one pass over it is
    for; on Dask, if that is all, it is done here, and its searches are the tasks. Raises as `evaluate` does, UsageError
    for files, which tasks do not carry, and for `run.force`; InterruptedRunError after Ctrl-C.
    """
    if run.force:
        raise UsageError(
            "Tasks make nothing again by force, for one may be done twice.",
            "Leave --force out, or --engine and --shard.",
        )
    run = replace(run, device=str(engine.resolve(run.device)))
    context = replace(run, threads=engine.context(run).threads)
    if (
        engine.name == "dask"
        and shard.count == 1
        and len(subjects) <= _TOGETHER
        and against
        and is_beyond(run, against)
    ):
        return _searched_by_dask(context, subjects, against, options, engine)
    planned = _planned(context, subjects, against, options)
    tasks = shard.of(planned)
    if not tasks:
        run.tell(f"Nothing falls to shard {shard}: there are {len(planned)} tasks.")
    total, done = sum(task.size for task in tasks), {}

    def report(index: int, progress: Progress, host: str) -> None:
        done[index] = progress.done
        run.progress(Progress("scoring", sum(done.values()), total, "models"))

    with interruptible() as stopped:
        outcomes = do_all(run, tasks, engine, report, stopped)
    refs = [outcomes[_outcome(*each)].ref for task in tasks for each in task.subjects]
    found = [run.artifacts.get(ref) for ref in refs if ref is not None]
    return [Result(each, dict(each.summary)) for each in found]


def plan_evaluations(
    run: Run,
    subjects: Sequence[tuple[str | None, str]],
    against: str | None = None,
    options: EvaluateOptions = EvaluateOptions(),
) -> list[EvaluationPlan]:
    """Tell what `evaluate_all` would do, a plan a task, and publish nothing. Raises as it does."""
    tasks = _planned(run, subjects, against, options)
    scored = [(each.config, {parent.digest for parent in each.parents}) for each in run.artifacts.artifacts("scores")]
    asked = {key: value for key, value in asdict(options).items() if value is not None and key != "weights"}

    def has_scores(subject: str, weights: str) -> bool:
        digest = None if is_baseline(subject) else run.artifacts.get(subject).digest
        wanted = json.loads(json.dumps({**asked, "weights": weights}))
        return any(
            digest in parents and all(config.get(key, {}).get("value") == value for key, value in wanted.items())
            for config, parents in scored
        )

    plans = []
    for i, task in enumerate(tasks, 1):
        owner = run.artifacts.checkpoints(task.key).lease.owner()
        state = f"held by process {owner.get('pid', '?')} on {owner.get('host', '?')}" if owner else "to score"
        there = sum(has_scores(*each) for each in task.subjects)
        names = [subject for subject, _ in task.subjects]
        plans.append(
            EvaluationPlan(
                task.key[:12], "scored" if there == task.size else state, str(Shard(i, len(tasks))), names, there
            )
        )
    return plans


def _planned(
    run: Run, subjects: Sequence[tuple[str | None, str]], against: str | None, options: EvaluateOptions
) -> list[EvaluationTask]:
    """Divide subjects among tasks, the same ones whoever plans."""
    named = _named(run, subjects)
    file = next((each for each in (*(subject for subject, _ in named), against or "") if each and is_file(each)), None)
    if file is not None:
        raise UsageError(f"{file} is a file, and tasks carry refs alone.", "Leave out --engine, --shard and --dry-run.")
    refs = [
        (subject if is_baseline(subject) else run.artifacts.get(subject).ref, weights) for subject, weights in named
    ]
    size = _TOGETHER if are_together(run, refs, against) else max(1, min(_MOST, len(refs) // _TASKS))
    groups = [tuple(refs[i : i + size]) for i in range(0, len(refs), size)]
    return [
        EvaluationTask(
            quiet(run), _key(run, group, against, options),
            common_name([subject.partition(":v")[0] for subject, _ in group]), len(group), group, against, options,
        )
        for group in groups
    ]  # fmt: skip


def _searched_by_dask(
    run: Run, subjects: Sequence[tuple[str | None, str]], against: str, options: EvaluateOptions, engine: Engine
) -> list[Result]:
    """Evaluate subjects here, whose searches are Dask's tasks."""
    run.tell(f"Dask's workers search the blocks of {against}, each a task.")
    named, made = _named(run, subjects), dict[Weighted, Result]()
    workers = DaskWorkers(engine.scheduler, engine.jobs)
    evaluate_together(run, named, against, options, workers=workers, done=made.__setitem__)
    return [made[each] for each in named]


def _named(run: Run, subjects: Sequence[tuple[str | None, str]]) -> list[Weighted]:
    return [(subject or run.subject(None, "model", HINT).ref, weights) for subject, weights in subjects]


def _outcome(subject: str, weights: str) -> str:
    return f"{subject} {weights}"


def _key(run: Run, subjects: Sequence[Weighted], against: str | None, options: EvaluateOptions) -> str:
    """Digest all that determines the scores: what is scored against what, by which settings and code."""

    def digest(ref: str) -> str:
        return ref if is_baseline(ref) or is_generated(ref) else run.artifacts.get(ref).digest

    work = {
        "subjects": [(digest(subject), weights) for subject, weights in subjects],
        "against": against and digest(against),
        "options": asdict(replace(options, jobs=1)),  # how many processes search changes no score
        "seed": run.seed,
        "name": run.name,
        "device": devices.resolve(run.device).type,
        "code": code_digest("evaluate", frozenset(METRICS.module(name) for name in METRICS.names())),
    }
    return hashlib.sha256(json.dumps(work, sort_keys=True).encode()).hexdigest()
