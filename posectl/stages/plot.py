"""plot: average transitions of models, one path's transitions, training curves, or a sweep's metrics, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from posectl.core.metrics.transitions import normalised
from posectl.errors import ConflictError, InvalidInputError, UsageError
from posectl.render import figures
from posectl.stages.compare import label
from posectl.stages.inputs import is_file, read_file
from posectl.stages.run import Run, expect
from posectl.stages.sweep_lines import sweep_lines
from posectl.store import Artifact, Ref

Kind = Literal["auto", "transitions", "path", "training", "sweep"]
KINDS: dict[str, Kind] = {"scores": "transitions", "paths": "path", "model": "training", "sweep": "sweep"}
SUFFIXES = (".png", ".pdf", ".svg")


def plot(run: Run, subjects: Sequence[str], out: Path, *, kind: Kind = "auto") -> dict[str, Any]:
    """Draw one figure of all subjects.

    transitions: the average normalised transitions of scores, one curve each (pose report, Figs. 1, 2); path: those of
    single paths, `paths#i` or a file (Figs. 5, 7); training: the losses of models; sweep: the test error of a sweep's
    models, and whatever they were scored by, against lambda. auto decides by the subjects.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{out} should end in {', '.join(SUFFIXES)}.", f"For example -o {out.stem or 'out'}.png.")
    if out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")
    if not subjects:
        raise UsageError("Nothing was named to plot.", "For example: posectl plot SCORES -o curves.png.")
    files = [s for s in subjects if is_file(s)]
    artifacts = {s: expect(run.artifacts.get(Ref.parse(s)), *KINDS) for s in subjects if s not in files}
    kinds = {a.kind for a in artifacts.values()} | ({"paths"} if files else set())
    if len(kinds) > 1:
        raise InvalidInputError(f"One figure cannot show {' and '.join(sorted(kinds))}.", "Plot one kind at a time.")
    chosen = KINDS[kinds.pop()] if kind == "auto" else kind
    if chosen == "transitions":
        _transitions(run, artifacts, out)
    elif chosen == "path":
        figures.path_transitions({s: _one_path(artifacts.get(s), s) for s in subjects}, out)
    elif chosen == "sweep":
        figures.against_lambda(sweep_lines(run, list(artifacts.values())), out)
    else:
        figures.training_curves({s: _log(artifact) for s, artifact in artifacts.items()}, out)
    return {"path": str(out), "kind": chosen, "subjects": list(subjects)}


def _transitions(run: Run, artifacts: dict[str, Artifact], out: Path) -> None:
    curves, spread = {}, {}
    for subject, artifact in artifacts.items():
        expect(artifact, "scores")
        if not artifact.has("transitions/mean"):
            raise InvalidInputError(f"{subject} scored no paths.", "Evaluate a model or paths.")
        name = label(run, artifact)
        name = f"{name} ({subject})" if name in curves else name
        curves[name], spread[name] = artifact.read("transitions/mean"), artifact.read("transitions/std")
    # Bands over bands tell nothing: the spread is for a few.
    figures.transition_curves(curves, out, spread=spread if len(curves) <= 3 else None)


def _one_path(artifact: Artifact | None, subject: str) -> np.ndarray:
    """The normalised transitions (T - 1,) of one path."""
    if artifact is None:
        array = read_file(subject, points=True)
        path = array[0] if array.ndim == 4 else array
    else:
        index = Ref.parse(subject).sample or 0
        rows = expect(artifact, "paths").read("paths", rows=slice(index, index + 1))
        if not len(rows):
            raise InvalidInputError(f"{artifact.ref} has no path {index}.", "Count them from #0.")
        path = rows[0]
    values = normalised(torch.from_numpy(path)[None])[0].numpy()
    if not np.isfinite(values).all():
        raise InvalidInputError(f"The ends of {subject} coincide, so its transitions are undefined.", "Plot another.")
    return values


def _log(artifact: Artifact) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    log = expect(artifact, "model").read_group("log")
    steps = log.pop("test_step")
    curves = {"test error": (steps, log.pop("test_error"))}
    for name, values in log.items():
        curves[name] = (np.arange(1, len(values) + 1), values)
    return curves
