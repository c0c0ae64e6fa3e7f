"""plot: scores, paths, models and sweeps, as a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from matplotlib.figure import Figure

from posectl.core.metrics.transitions import normalised
from posectl.data.foreign import Conventions
from posectl.errors import ConflictError, InvalidInputError, UsageError
from posectl.render import figures
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.artifacts.files import is_file, read_file
from posectl.stages.drawing.manifold import manifold_of
from posectl.stages.drawing.score_curves import (
    error_panels,
    factor_distances,
    labelled,
    newest_of,
    over_images_seen,
    retrieved,
)
from posectl.stages.drawing.sweep_lines import sweep_lines
from posectl.stages.options import PlotKind, PlotOptions
from posectl.stages.run import Run, expect
from posectl.store import Artifact, Ref

SUFFIXES = (".png", ".pdf", ".svg")


def plot(run: Run, subjects: Sequence[str], out: Path | None, options: PlotOptions = PlotOptions()) -> dict[str, Any]:
    """Draw one figure of all subjects, and write it to `out`, if that is named; `figure` in what it returns.

    Of scores, or models by their newest: transitions, their average over alpha, one curve each (pose report, Figs. 1,
    2); errors, against true images over alpha and the interval's length; retrieval, the alpha of the nearest real
    image; distances, between factors, to both ends (AEAI, Figs. 6, 7, 8, 14, 15), with the pixel cross-fade beside;
    training-curve, metrics over the images seen, of scores at different steps, or of models by all theirs.
    Of paths, `paths#i` or a file: path, the transitions of single ones (pose report, Figs. 5, 7).
    Of models: training, their losses; manifold, the codes of one with the grid of the factors (AEAI, Fig. 2).
    Of sweeps: sweep, the test error and whatever the models were scored by, against lambda.
    auto decides by the subjects.
    """
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{out} should end in {', '.join(SUFFIXES)}.", f"For example -o {out.stem or 'out'}.png.")
    if out is not None and out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")
    if not subjects:
        raise UsageError("Nothing was named to plot.", "For example: posectl plot SCORES -o curves.png.")
    artifacts = {s: None if is_file(s) else run.artifacts.get(Ref.parse(s)) for s in subjects}
    kind = _fitting(artifacts) if options.kind == "auto" else options.kind
    if kind not in _DRAW:
        raise UsageError(f"There is no figure {kind!r}.", f"Known: {', '.join(get_args(PlotKind))}.")
    if kind != "path" and None in artifacts.values():
        raise InvalidInputError("A file holds paths, and only --kind path draws those.", "Name artifacts of the store.")
    figure = _DRAW[kind](run, artifacts, out, options)
    return {"figure": figure, "path": str(out) if out else None, "kind": kind, "subjects": list(subjects)}


Subjects = dict[str, Artifact | None]


def _fitting(subjects: Subjects) -> str:
    """Return the figure that suits these subjects. Raises InvalidInputError where they are of several kinds."""
    by_kind = {"scores": "transitions", "paths": "path", "model": "training", "sweep": "sweep"}
    kinds = {"paths" if a is None else expect(a, *by_kind).kind for a in subjects.values()}
    if len(kinds) > 1:
        raise InvalidInputError(f"One figure cannot show {' and '.join(sorted(kinds))}.", "Plot one kind at a time.")
    kind = kinds.pop()
    if kind == "scores" and all(a is not None and a.has("alpha_mse/mean") for a in subjects.values()):
        return "errors"
    return by_kind[kind]


def _artifacts(subjects: Subjects, *kinds: str) -> list[Artifact]:
    return [expect(a, *kinds) for a in subjects.values() if a is not None]


def _scores(run: Run, subjects: Subjects) -> list[Artifact]:
    return newest_of(run, _artifacts(subjects, "scores", "model", "sweep"))


def _transitions(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    shown = labelled(run, _scores(run, subjects))
    for artifact in shown.values():
        if not artifact.has("transitions/mean"):
            raise InvalidInputError(f"{artifact.ref} scored no paths.", "Evaluate a model or paths.")
    curves = {name: artifact.read("transitions/mean") for name, artifact in shown.items()}
    # Many bands over each other are unreadable: the spread is for a few curves.
    few = shown if len(shown) <= 3 else {}
    spread = {name: artifact.read("transitions/std") for name, artifact in few.items()}
    return figures.transition_curves(curves, out, spread=spread)


def _errors(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.error_curves(error_panels(run, _scores(run, subjects)), out)


def _retrieval(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.retrieval_curves(retrieved(run, _scores(run, subjects)), out)


def _distances(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    methods, unit = factor_distances(run, _scores(run, subjects))
    return figures.distance_curves(methods, out, unit=unit)


def _training_curve(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scored = _artifacts(subjects, "scores", "model", "sweep")
    points, levels = over_images_seen(run, scored, options.metrics)
    titles = {name: name.replace("_", " ") for name in points}
    return figures.over_training(
        {titles[name]: lines for name, lines in points.items()}, out,
        levels={titles[name]: lines for name, lines in levels.items()},
    )  # fmt: skip


def _paths(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.path_transitions({s: _one_path(artifact, s) for s, artifact in subjects.items()}, out)


def _training(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.training_curves(
        {s: _log(a) for s, a in zip(subjects, _artifacts(subjects, "model"), strict=True)}, out
    )


def _manifold(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    models = _artifacts(subjects, "model")
    if len(models) > 1:
        raise UsageError("A manifold is that of one model.", "Draw one figure for each.")
    shown = manifold_of(run, models[0], by=options.by, dimensions=options.dimensions)
    return figures.manifold(shown, out, title=models[0].ref)


def _sweep(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.against_lambda(sweep_lines(run, _artifacts(subjects, "sweep")), out)


_DRAW: dict[str, Callable[[Run, Subjects, Path | None, PlotOptions], Figure]] = {
    "transitions": _transitions,
    "errors": _errors,
    "retrieval": _retrieval,
    "distances": _distances,
    "training-curve": _training_curve,
    "path": _paths,
    "training": _training,
    "manifold": _manifold,
    "sweep": _sweep,
}


def _one_path(artifact: Artifact | None, subject: str) -> np.ndarray:
    """Return the normalised transitions (T - 1,) of one path."""
    if artifact is None:
        kind, taken = read_file(subject, Conventions(unit="m"))  # any unit: transitions are relative
        path = taken.array[0] if taken.array.ndim == 2 + len(kind.axes) else taken.array
    else:
        index = Ref.parse(subject).sample or 0
        rows = expect(artifact, "paths").read("paths", rows=slice(index, index + 1))
        if not len(rows):
            raise InvalidInputError(f"{artifact.ref} has no path {index}.", "Count them from #0.")
        kind, path = kind_named(read_about(artifact, DecodedAbout).samples.kind), rows[0]
    values = normalised(torch.from_numpy(path)[None], kind)[0].numpy()
    if not np.isfinite(values).all():
        raise InvalidInputError(f"The ends of {subject} coincide, so its transitions are undefined.", "Plot another.")
    return values


def _log(artifact: Artifact) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    log = artifact.read_group("log")
    steps = log.pop("test_step")
    curves = {"test error": (steps, log.pop("test_error"))}
    for name, values in log.items():
        curves[name] = (np.arange(1, len(values) + 1), values)
    return curves
