"""plot: scores, paths, models and sweeps, as a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
import torch
from matplotlib.figure import Figure

from posectl.core.metrics.transitions import normalised
from posectl.data.foreign import Conventions
from posectl.errors import InvalidInputError, NotFoundError, UsageError
from posectl.render import figures
from posectl.stages.artifacts.about import DecodedAbout, ScoresAbout, read_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.artifacts.files import is_file, read_file
from posectl.stages.artifacts.model import model_about
from posectl.stages.artifacts.outputs import check_output
from posectl.stages.comparison.scores import in_millimetres, label, model_label, with_unit
from posectl.stages.drawing.looks import looks_of
from posectl.stages.drawing.manifold import beside_prior, manifold_of
from posectl.stages.drawing.score_curves import (
    error_panels,
    every_score,
    factor_distances,
    inside_balls,
    labelled,
    newest_of,
    over_images_seen,
    peaks,
    retrieved,
)
from posectl.stages.drawing.sweep_lines import sweep_lines
from posectl.stages.drawing.tsne import tsne_of
from posectl.stages.options import PlotKind, PlotOptions
from posectl.stages.run import Run, expect
from posectl.store import Artifact, Ref

T = TypeVar("T")

SUFFIXES = (".png", ".pdf", ".svg")
_MATRIX = "entanglement/matrix"


def plot(run: Run, subjects: Sequence[str], out: Path | None, options: PlotOptions = PlotOptions()) -> dict[str, Any]:
    """Draw one figure of all subjects, and write it to `out`, if that is named; `figure` in what it returns.

    Of scores, or models by their newest: transitions, their average over alpha, one curve each (pose report, Figs. 1,
    2); peaks, where on a path they are largest (section V.B); errors, against true images over alpha and the interval's
    length; retrieval, the alpha of the nearest real image; distances, between factors, to both ends (AEAI, Figs. 6, 7,
    8, 14, 15), with the pixel cross-fade beside; convexity, the share of mixed codes that lie among real ones, over
    alpha; training-curve, metrics over the images seen, of scores at different steps, or of models by all theirs.
    Of paths, `paths#i` or a file: path, the transitions of single ones (pose report, Figs. 5, 7).
    Of models: training, their losses; map, the codes of each, with the grid of the factors where one turns (AEAI,
    Fig. 2), by anything known of them, the decoder's speed, or beside draws; manifold, the map of one; prior, the codes
    of one beside draws of the distribution that they are to follow (AAE, Figs. 5, 8); tsne, real samples and decoded
    draws of one in a plane (pose report, section V.E).
    Of scores of attribute vectors: entanglement, what moves along each change.
    Of sweeps: sweep, the test error and whatever the models were scored by, against lambda.
    auto decides by the subjects.
    """
    check_output(run, out, SUFFIXES, "out.png")
    if not subjects:
        raise UsageError("Nothing was named to plot.", "For example: posectl plot SCORES -o curves.png.")
    of = _OF.get(options.kind, _SCORED)
    artifacts = {s: None if is_file(s) else run.artifacts.get(Ref.parse(s), *of) for s in subjects}
    kind = _fitting(artifacts) if options.kind == "auto" else options.kind
    if kind != "path" and (part := next((p for s in subjects if not is_file(s) and (p := Ref.parse(s).part)), None)):
        raise UsageError(f"{part} picks a part, and a figure of {kind} is of whole artifacts.", f"Leave out {part}.")
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
    for array, figure in (("alpha_mse/mean", "errors"), (_MATRIX, "entanglement")):
        if kind == "scores" and all(a is not None and a.has(array) for a in subjects.values()):
            return figure
    return by_kind[kind]


def _artifacts(subjects: Subjects, *kinds: str) -> list[Artifact]:
    return [expect(a, *kinds) for a in subjects.values() if a is not None]


def _scores(run: Run, subjects: Subjects) -> list[Artifact]:
    return newest_of(run, _artifacts(subjects, "scores", "model", "sweep"))


def _transitions(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    shown = labelled(run, _scores(run, subjects))
    for artifact in shown.values():
        if not artifact.has("transitions/mean"):
            raise InvalidInputError(
                f"{artifact.ref} scored no paths.", "Evaluate a model or paths, by all metrics or --metric anci."
            )
    curves = {name: artifact.read("transitions/mean") for name, artifact in shown.items()}
    # Many bands over each other are unreadable: the spread is for a few curves.
    few = shown if len(shown) <= 3 else {}
    spread = {name: artifact.read("transitions/std") for name, artifact in few.items()}
    return figures.transition_curves(curves, out, spread=spread, looks=looks_of(run, shown))


def _peaks(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scores = _scores(run, subjects)
    return figures.peak_curves(peaks(run, scores), out, looks=looks_of(run, labelled(run, scores)))


def _errors(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scores = _scores(run, subjects)
    return figures.error_curves(error_panels(run, scores), out, looks=looks_of(run, labelled(run, scores)))


def _retrieval(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scores = _scores(run, subjects)
    return figures.retrieval_curves(retrieved(run, scores), out, looks=looks_of(run, labelled(run, scores)))


def _distances(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    methods, unit = factor_distances(run, _scores(run, subjects))
    return figures.distance_curves(methods, out, unit=unit)


def _convexity(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scores = _scores(run, subjects)
    return figures.error_curves([inside_balls(run, scores)], out, looks=looks_of(run, labelled(run, scores)))


def _training_curve(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scored = _artifacts(subjects, "scores", "model", "sweep")
    points, levels = over_images_seen(run, scored, options.metrics)
    every = every_score(run, scored)
    return figures.over_training(
        _spoken(points), out, levels=_spoken(levels), seen=read_about(every[0], ScoresAbout).kind or "samples",
        looks=looks_of(run, {label(run, each): each for each in reversed(every)}),
    )  # fmt: skip


def _paths(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    found = [(*_one_path(run, artifact, subject, options), artifact) for subject, artifact in subjects.items()]
    shown = {name: artifact for name, _, artifact in found if artifact is not None}
    return figures.path_transitions({name: values for name, values, _ in found}, out, looks=looks_of(run, shown))


def _training(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    shown = dict(zip(subjects, _artifacts(subjects, "model"), strict=True))
    return figures.training_curves({s: _log(a) for s, a in shown.items()}, out, looks=looks_of(run, shown))


def _map(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    models = _artifacts(subjects, "model")
    if len(models) > 1 and options.dimensions == 3:
        raise UsageError("Several maps stand beside each other in the plane.", "Name one model, or --dimensions 2.")
    dimensions = options.dimensions if len(models) == 1 else 2
    shown = [
        manifold_of(run, model, by=options.by, dimensions=dimensions, projection=options.projection) for model in models
    ]
    if len(models) == 1:
        return figures.manifold(shown[0], out, title=models[0].ref)
    titles = [model_label(model) for model in models]
    if len(set(titles)) < len(titles):
        titles = [model.ref for model in models]
    return figures.maps(dict(zip(titles, shown, strict=True)), out)


def _manifold(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    _one_model(subjects, "A manifold")
    return _map(run, subjects, out, options)


def _tsne(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    model = _one_model(subjects, "A t-SNE")
    return figures.manifold(tsne_of(run, model), out, title=model.ref)


def _prior(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.maps(beside_prior(run, _one_model(subjects, "A prior")), out)


def _one_model(subjects: Subjects, what: str) -> Artifact:
    models = _artifacts(subjects, "model")
    if len(models) > 1:
        raise UsageError(f"{what} is that of one model.", "Draw one figure for each.")
    return models[0]


def _sweep(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    return figures.against_lambda(_spoken(sweep_lines(run, _artifacts(subjects, "sweep"), options.metrics)), out)


def _entanglement(run: Run, subjects: Subjects, out: Path | None, options: PlotOptions) -> Figure:
    scores = labelled(run, _artifacts(subjects, "scores"))
    for artifact in scores.values():
        if not artifact.has(_MATRIX):
            raise InvalidInputError(
                f"{artifact.ref} scored no attributes.", "Evaluate those of `posectl attribute fit`."
            )
    names = {tuple(each.summary["scores"]["entanglement"]["attributes"]) for each in scores.values()}
    if len(names) > 1:
        raise InvalidInputError("The scores are of different attributes.", "Plot those of the same labels together.")
    return figures.matrices({name: each.read(_MATRIX) for name, each in scores.items()}, [*names.pop()], out)


def _spoken(metrics: Mapping[str, T]) -> dict[str, T]:
    """Return what is known of metrics by their names as people write them."""
    return {name.replace("_", " "): each for name, each in metrics.items()}


_DRAW: dict[str, Callable[[Run, Subjects, Path | None, PlotOptions], Figure]] = {
    "transitions": _transitions,
    "peaks": _peaks,
    "errors": _errors,
    "retrieval": _retrieval,
    "distances": _distances,
    "convexity": _convexity,
    "training-curve": _training_curve,
    "path": _paths,
    "training": _training,
    "map": _map,
    "manifold": _manifold,
    "tsne": _tsne,
    "prior": _prior,
    "sweep": _sweep,
    "entanglement": _entanglement,
}

_SCORED = ("scores", "model", "sweep")
_OF = {
    "auto": (*_SCORED, "paths"),
    "path": ("paths",),
    "sweep": ("sweep",),
    "entanglement": ("scores",),
} | dict.fromkeys(("training", "map", "manifold", "prior", "tsne"), ("model",))
"""The kinds of artifacts that a figure shows; of all others those that have scores."""


def _one_path(run: Run, artifact: Artifact | None, subject: str, options: PlotOptions) -> tuple[str, np.ndarray]:
    """Return the name of one path, the first where none is named, and its normalised transitions (T - 1,)."""
    if artifact is None:
        kind, taken = read_file(subject, Conventions(unit="m", joints=options.joints))
        paths = taken.array if taken.array.ndim == 2 + len(kind.axes) else taken.array[None]
        name, index = f"{subject}#0" if len(paths) > 1 else subject, 0
    else:
        index = Ref.parse(subject).sample or 0
        kind = kind_named(read_about(expect(artifact, "paths"), DecodedAbout).samples.kind)
        paths = artifact.read("paths")
        name = f"{subject.partition('#')[0]}#{index}: {label(run, artifact)}"
    if not 0 <= index < len(paths):
        raise NotFoundError(f"{subject} names no path.", f"Its paths are #0 to #{len(paths) - 1}.")
    if paths.shape[1] < 2:
        raise InvalidInputError(f"A path of one step, as in {subject}, does not change.", "Plot one of two or more.")
    path = paths[index]
    values = normalised(torch.from_numpy(path)[None], kind)[0].numpy()
    if not np.isfinite(values).all():
        raise InvalidInputError(f"The ends of {subject} coincide, so its transitions are undefined.", "Plot another.")
    return name, values


def _log(artifact: Artifact) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    log = artifact.read_group("log")
    watched = "validation" if "validation_step" in log else "test"
    steps = log.pop(f"{watched}_step")
    error = {"mean": log.pop(f"{watched}_error"), "unit": model_about(artifact).samples.unit or "1"}
    shown = in_millimetres(error)
    curves = {with_unit(f"{watched} error", shown["unit"]): (steps, shown["mean"])}
    for name, values in log.items():
        if watched == "validation" and name.startswith("test_"):
            continue  # taken once, at the end
        if name.startswith(f"{watched}_"):
            curves[name.replace("_", " ")] = (steps, values)
        else:
            curves[name] = (np.arange(1, len(values) + 1), values)
    return curves
