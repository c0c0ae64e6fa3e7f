"""report: one page on trained models, to open anywhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posectl.errors import InvalidInputError, PosectlError
from posectl.render.explorer.packing import Pack
from posectl.render.explorer.page import page
from posectl.stages.artifacts.dataset import StoredDataset, common_dataset
from posectl.stages.artifacts.members import members
from posectl.stages.artifacts.model import HINT, load_model, model_about
from posectl.stages.artifacts.outputs import PAGES, check_output, write_page
from posectl.stages.artifacts.rows import evenly
from posectl.stages.comparison.scores import task_of
from posectl.stages.exploring.shown import sample_header
from posectl.stages.options import PlotKind, PlotOptions, ReportOptions
from posectl.stages.plot import plot
from posectl.stages.reporting.paths import STEPS, drawn, played_paths
from posectl.stages.reporting.recipe import recipe
from posectl.stages.reporting.tables import model_table, score_table
from posectl.stages.run import Run
from posectl.store import Artifact

# Points of a curve or a cloud beyond which a figure has it as a picture: as text each takes 20 bytes and more.
_DRAWN = 500

# The figures of a report, with their captions; one that the models do not allow is left out.
_FIGURES: dict[PlotKind, str] = {
    "transitions": "Transitions along paths, over those of an even, straight one, averaged over all scored paths.",
    "errors": "Errors against the true images along paths.",
    "training": "Losses and test errors over training.",
    "sweep": "Metrics against lambda.",
    "manifold": "The codes of all samples, by the first model.",
}


def report(
    run: Run, subjects: Sequence[str] = (), out: Path | None = None, options: ReportOptions = ReportOptions()
) -> dict[str, Any]:
    """Make a page on these models and sweeps, or on the newest model, and write it to `out`, if that is named; `html`
    in what it returns.

    It holds what was trained on what and with what, the newest scores, figures, the best, median and worst paths,
    draws with the nearest real samples, and the script that makes it all again. More models than `options.most` are
    told and left out of paths and draws. Raises UsageError for models of several datasets, ConflictError rather than
    overwrite, unless `run.force`.
    """
    check_output(run, out, PAGES, "report.html")
    named = [run.artifacts.get(each, "model", "sweep") for each in subjects] or [run.subject(None, "model", HINT)]
    models = list({each.ref: each for one in named for each in members(run, one)}.values())
    dataset = common_dataset(run, models)
    title = ", ".join(each.ref for each in named)
    header = {
        "title": title,
        "models": model_table(run, models),
        "scores": score_table(run, models, options.published),
        "figures": _figures(run, named, models),
        "recipe": recipe(run, [*named, *_scores_of(run, models)]),
    }
    pack = Pack()
    header |= _samples(run, pack, models, dataset, options)
    text = page(f"{title}: report", pack.text(header), entry="report", described=f"A report on {title}.")
    write_page(out, text)
    return {
        "path": str(out) if out else None,
        "bytes": len(text.encode()),
        "models": [each.ref for each in models],
        "html": text,
    }


def _scores_of(run: Run, models: Sequence[Artifact]) -> list[Artifact]:
    """Return the newest scores of each model, but for those of tasks."""
    found: dict[str, Artifact] = {}
    for scores in run.artifacts.artifacts("scores"):
        for parent in scores.parents if task_of(scores) is None else ():
            if parent.role == "model":
                found[parent.digest] = scores
    return [found[each.digest] for each in models if each.digest in found]


def _figures(run: Run, named: Sequence[Artifact], models: Sequence[Artifact]) -> list[dict[str, str]]:
    """Draw the figures that the models allow, as SVG in text."""
    subjects = {"sweep": [each for each in named if each.kind == "sweep"], "manifold": models[:1]}
    found: list[dict[str, str]] = []
    for kind, caption in _FIGURES.items():
        some = subjects.get(kind, models)
        if not some:
            continue
        try:
            figure = plot(run, [each.ref for each in some], None, PlotOptions(kind=kind))["figure"]
        except PosectlError as error:
            run.detail(f"The figure {kind!r} is left out: {error.message}")
            continue
        found.append({"name": kind, "caption": caption, "svg": _svg(figure)})
    return found


def _svg(figure: Any) -> str:
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "posectl", "svg.fonttype": "path"}):
        for axes in figure.axes:
            for points in axes.collections:
                points.set_rasterized(len(points.get_offsets()) > _DRAWN)
            for line in axes.lines:
                line.set_rasterized(len(line.get_xdata()) > _DRAWN)
        figure.savefig(stream, format="svg", metadata={"Date": None}, dpi=160)
    return base64.b64encode(stream.getvalue()).decode()


def _samples(
    run: Run, pack: Pack, models: Sequence[Artifact], dataset: StoredDataset, options: ReportOptions
) -> dict[str, Any]:
    """Put paths and draws of the first models into the page; return how they are described there."""
    if len(models) > options.most:
        run.tell(f"Paths and draws are of the first {options.most} of {len(models)} models; --most shows more.")
    reference = torch.from_numpy(dataset.samples[evenly(len(dataset.split), options.real)])
    played, draws, first = [], [], None
    for index, artifact in enumerate(models[: options.most]):
        model = load_model(run, artifact, weights=options.weights)
        first = first or model
        label = f"{artifact.ref}"
        for number, each in enumerate(played_paths(model, dataset, reference, run.seed)):
            name = f"{index}.path.{number}"
            pack.put_short(name, each.samples)
            told = {"model": label, "metric": each.metric, "place": each.place, "value": each.value, "samples": name}
            played.append(told)
        some = drawn(model, reference, options.draws, run.seed)
        for key, values in some.items():
            pack.put_short(f"{index}.draws.{key}", np.asarray(values, np.float32))
        draws.append({"model": label, "count": options.draws, "name": f"{index}.draws"})
    if first is None:
        raise InvalidInputError("There is nothing to report.", HINT)
    about = model_about(models[0]).samples
    return {
        "steps": STEPS,
        "played": played,
        "draws": draws,
        **sample_header(first, reference.numpy(), about.up or "+z"),
    }
