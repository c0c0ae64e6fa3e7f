"""The scores that stand for a model, and those that are shown where none is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from posectl.core.metrics import better
from posectl.errors import UsageError, did_you_mean
from posectl.printable import listed
from posectl.stages.artifacts.about import ScoresAbout, read_about
from posectl.stages.comparison.scores import drawn, flat, on_validation, task_of
from posectl.stages.run import Run
from posectl.store import Artifact


def standing(scores: Sequence[Artifact], compat: str | None = None, *, validation: bool = False) -> Artifact:
    """Return the scores that stand for their subject: on test samples rather than validation samples, or the other way
    round, the newest of its last weights by this protocol, of means rather than draws, of a fit from neighbours;
    without such, the newest of its last weights; without any, the newest."""

    def rank(numbered: tuple[int, Artifact]) -> tuple[bool, bool, bool, bool, int]:
        index, scores = numbered
        protocol = scores.summary["protocol"]
        is_last, is_by = protocol.get("weights", "last") == "last", protocol.get("compat") == compat
        plain = not drawn(scores) and protocol.get("starts") != "random"
        return on_validation(scores) == validation, is_last, is_by, plain, index

    return max(enumerate(scores), key=rank)[1]


def scores_by_subject(
    run: Run, compat: str | None = None, task: str | None = None, *, validation: bool = False
) -> dict[str, Artifact]:
    """Find the scores, of a task or, None, of the metrics, that stand for every subject, by its digest."""
    found: dict[str, list[Artifact]] = {}
    for scores in run.artifacts.artifacts("scores"):
        for parent in scores.parents if task_of(scores) == task else ():
            if parent.role != "reference":
                found.setdefault(parent.digest, []).append(scores)
    return {digest: standing(some, compat, validation=validation) for digest, some in found.items()}


def of_one_protocol(
    run: Run, compat: str | None = None, task: str | None = None
) -> tuple[list[Artifact], list[str]]:  # fmt: skip
    """Return the scores of a task or, None, of the metrics, against one reference by one published protocol, or by
    none, one of each subject, oldest first; and a sentence where there are others. Where no metrics were scored, the
    task is the newest scores'.

    The protocol is `compat`, or where there are no scores by it, that of the newest; the reference is that of the
    newest by it. Scores without a reference are of every one.
    """
    every = run.artifacts.artifacts("scores")
    if task is None and all(map(task_of, every)):
        task = task_of(every[-1]) if every else None
    every = [each for each in every if task_of(each) == task]
    by_compat = [each for each in every if each.summary["protocol"].get("compat") == compat] or every
    held = [each for each in by_compat if _reference(each)] or by_compat
    if not held:
        return [], []
    reference, wanted = _reference(held[-1]), held[-1].summary["protocol"].get("compat")
    shown: dict[Any, list[Artifact]] = {}
    left: list[Artifact] = []
    for each in every:
        if _reference(each) in (reference, None) and each.summary["protocol"].get("compat") == wanted:
            shown.setdefault(_subject(each), []).append(each)
        else:
            left.append(each)
    note = f"Shown are the scores against {reference or 'nothing'} by {_named(wanted)}; "
    others = dict.fromkeys(f"against {_reference(e)} by {_named(e.summary['protocol'].get('compat'))}" for e in left)
    notes = [f"{note}name others to see them: {listed(list(others))}."] if left else []
    return [standing(some, wanted) for some in shown.values()], notes


def best_on_validation(scores: Sequence[Artifact], metric: str) -> Artifact:
    """Return the scores with the best mean of a metric, of scores on validation samples.

    Raises UsageError for scores on test samples, which are not chosen by, for a metric that a score does not hold, and
    for one that has no better and worse.
    """
    for each in scores:
        if not on_validation(each):
            raise UsageError(
                f"{each.ref} scores test samples, and what is chosen by them is not measured by them any more.",
                "Score validation samples: posectl evaluate MODEL --split validation",
            )
    held = [flat(each.summary["scores"]) for each in scores]
    if any(of.get(metric, {}).get("mean") is None for of in held):
        known = {name for of in held for name in of}
        raise UsageError(f"Not every score holds {metric!r}.", did_you_mean(metric, known))
    towards = better(metric)
    if towards is None:
        raise UsageError(f"{metric} is neither better nor worse where it is large.", "Choose by another metric.")
    means = [float(of[metric]["mean"]) for of in held]
    return scores[means.index((min if towards == "lower" else max)(means))]


def _reference(scores: Artifact) -> str | None:
    reference = scores.summary["protocol"].get("reference")
    return None if reference is None else str(reference)


def _subject(scores: Artifact) -> tuple[str, ...]:
    return (read_about(scores, ScoresAbout).label, *(p.digest for p in scores.parents if p.role != "reference"))


def _named(compat: str | None) -> str:
    return "the corrected protocol" if compat is None else f"--compat {compat}"
