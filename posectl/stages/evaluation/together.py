"""Evaluations of several subjects against one reference beyond memory, which is passed over once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from posectl.core.metrics.nearest import answers
from posectl.core.nearest.joint import Pass, SearchPendingError
from posectl.core.shards import Workers
from posectl.errors import InterruptedRunError, PosectlError
from posectl.stages.artifacts.beyond import is_beyond_memory
from posectl.stages.artifacts.files import is_baseline, is_file
from posectl.stages.evaluate import check_metrics, score
from posectl.stages.evaluation.generated import is_generated
from posectl.stages.evaluation.protocol import Evaluation
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Result, Run, parent_of
from posectl.store.leases import Lease

INTERRUPTED = "Interrupted; the scores that were finished are there."

Weighted = tuple[str, str]
"""A subject, and which of its weights."""


def evaluate_together(
    run: Run,
    subjects: Sequence[Weighted],
    against: str | None,
    options: EvaluateOptions,
    *,
    lease: Lease | None = None,
    workers: Workers | None = None,
    done: Callable[[Weighted, Result], None] = lambda subject, made: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Evaluate (subject, weights) pairs as `evaluate` does each, to the same bits, and hand each result to `done`.

    They hold their draws and paths at once, some 25 MB a model of poses. One that fails stops no other: the first error
    is raised when all are through. Raises InterruptedRunError once `stopped`.
    """
    check_metrics(options)
    joint, failed = Pass(partial(answers, stopped=stopped)), None
    waiting: dict[Weighted, Evaluation | None] = dict.fromkeys(subjects)
    while waiting:
        for subject, evaluation in list(waiting.items()):
            if stopped():
                raise InterruptedRunError(INTERRUPTED)
            try:
                if evaluation is None:
                    settings = replace(options, weights=subject[1])
                    evaluation = open_subject(run, subject[0], against, settings, workers, joint)
                done(subject, score(evaluation, lease))
            except SearchPendingError:
                waiting[subject] = evaluation
                continue
            except PosectlError as error:
                failed = failed or error
            del waiting[subject]
            if evaluation is not None:
                evaluation.inputs.clear()
        if len(waiting) > 1:
            run.tell(f"One pass over the reference for {len(waiting)} subjects.")
        joint.run()
    if failed is not None:
        raise failed


def are_together(run: Run, subjects: Sequence[Weighted], against: str | None) -> bool:
    """Tell whether a reference that subjects, refs all of them, have in common is beyond memory."""
    if len(subjects) < 2 or any(is_file(subject) or is_baseline(subject) for subject, _ in subjects):
        return False
    if against is not None:
        return is_beyond(run, against)
    models = [run.artifacts.get(subject) for subject, _ in subjects]
    datasets = [parent_of(run, model, "dataset") if model.kind == "model" else None for model in models]
    return all(each is not None and is_beyond_memory(each) for each in datasets)


def is_beyond(run: Run, against: str) -> bool:
    """Tell whether a reference is never whole in memory."""
    return is_generated(against) or (not is_file(against) and is_beyond_memory(run.artifacts.get(against, "dataset")))
