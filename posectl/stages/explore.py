"""explore: a page in which a latent space is played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posectl.core.latent.priors import sample_codes
from posectl.core.random import generator
from posectl.errors import ConflictError, InvalidInputError, NotFoundError, UsageError
from posectl.render.explorer.packing import Pack
from posectl.render.explorer.page import page
from posectl.render.files import replacing
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of
from posectl.stages.artifacts.model import HINT, load_model
from posectl.stages.exploring.codes import map_axes
from posectl.stages.exploring.model import put_model
from posectl.stages.exploring.points import Points, evenly, points_of
from posectl.stages.options import ExploreOptions
from posectl.stages.run import Run
from posectl.store import Artifact


def explore(
    run: Run, models: Sequence[str] = (), out: Path | None = None, options: ExploreOptions = ExploreOptions()
) -> dict[str, Any]:
    """Make the page of these models, or of the newest, and write it to `out`, if that is named; `html` in what it
    returns.

    The models are of one dataset: its samples are the points of the map, and the ghosts. Without it the points are
    draws from the prior, and that is said. Raises UsageError for models of several datasets and for networks that no
    page runs, ConflictError rather than overwrite, unless `run.force`.
    """
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{out} should end in .html.", f"For example -o {out.stem or 'explore'}.html.")
    if out is not None and out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")
    if options.points < 2 or options.real < 0:
        raise UsageError("A map has two points or more.", "For example --points 20000.")
    artifacts = [run.subject(ref, "model", HINT) for ref in models or [None]]
    title, data = _packed(run, artifacts, options)
    text = page(title, data, described=f"{title}: paths between codes, decoded in the page.")
    if out is not None:
        with replacing(out) as beside:
            beside.write_text(text, encoding="utf-8")
    return {"path": str(out) if out else None, "bytes": len(text.encode()), "models": [a.ref for a in artifacts], "html": text}


def packed(run: Run, models: Sequence[str] = (), options: ExploreOptions = ExploreOptions()) -> str:
    """Return the packed data of the page of these models, for the page's module."""
    return _packed(run, [run.subject(ref, "model", HINT) for ref in models or [None]], options)[1]


def _packed(run: Run, artifacts: Sequence[Artifact], options: ExploreOptions) -> tuple[str, str]:
    dataset = _dataset(run, artifacts)
    loaded = [load_model(run, artifact, weights=options.weights) for artifact in artifacts]
    first = loaded[0]
    about = dataset.about if dataset else None
    pack = Pack()
    if dataset is not None:
        points = points_of(dataset, options.points)
        codes = [model.encode(torch.from_numpy(points.samples)).cpu().numpy() for model in loaded]
        total, source = len(dataset.split), dataset.artifact.ref
        if len(points.rows) < total:
            run.tell(f"The page shows {len(points.rows):,} of {total:,} {first.kind.nouns}; --points shows more.")
        real = points.samples[evenly(len(points.rows), options.real)] if options.real else points.samples[:0]
    else:
        run.warn(f"The dataset of {artifacts[0].ref} is gone: the page shows draws from the prior, and nothing real.")
        noise = [sample_codes(model.prior, min(options.points, 2000), model.latent, generator(run.seed, "explore")) for model in loaded]
        codes = [each.numpy() for each in noise]
        points = Points(np.arange(len(codes[0])), np.zeros((0, *first.shape), np.float32))
        total, source, real = len(codes[0]), "", points.samples
    described = [
        put_model(pack, index, artifact, model, each, run.seed)
        for index, (artifact, model, each) in enumerate(zip(artifacts, loaded, codes, strict=True))
    ]
    middle, axes = map_axes(codes[0])
    pack.put("middle", middle)
    pack.put("axes", axes)
    pack.put("rows", points.rows.astype(np.int32))
    pack.put_short("reference", real.astype(np.float32))
    for label in points.labels:
        pack.put(f"label.{label.name}", label.classes)
    for factor in points.factors:
        pack.put_short(f"factor.{factor.name}", factor.values)
    decoded = first.decode(torch.from_numpy(codes[0][:500])).cpu().numpy()
    names = ", ".join(artifact.ref for artifact in artifacts)
    header = {
        "title": f"{names}: a latent space" if source else names,
        "subtitle": f"{len(points.rows):,} of {total:,} {first.kind.nouns} of {source}" if source
        else "The dataset is gone: the points are draws from the prior.",
        "kind": first.kind.name, "noun": first.kind.noun, "nouns": "samples" if not source else first.kind.nouns,
        "shape": list(first.shape), "count": len(points.rows), "total": total, "dataset": source,
        "up": (about.up if about else "") or "+z", "skeleton": _skeleton(dataset, first.kind.name),
        "reach": _reach(decoded, first.kind.coordinates), "start": _far_apart(codes[0]), "models": described,
        "labels": [{"name": each.name, "names": each.names} for each in points.labels],
        "factors": [{"name": each.name, "unit": each.unit, "period": each.period} for each in points.factors],
    }  # fmt: skip
    return names, pack.text(header)


def _dataset(run: Run, artifacts: Sequence[Artifact]) -> StoredDataset | None:
    """Return the one dataset of all models, None where it is gone. Raises UsageError for several."""
    digests = {parent.digest: parent.ref for a in artifacts for parent in a.parents if parent.role == "dataset"}
    if len(digests) > 1:
        raise UsageError(
            f"These models are of several datasets, {', '.join(digests.values())}.", "Name models of one dataset."
        )
    try:
        return dataset_of(run, artifacts[0])
    except NotFoundError:
        return None


def _skeleton(dataset: StoredDataset | None, kind: str) -> dict[str, Any] | None:
    if kind != "poses":
        return None
    from posectl.data.skeleton import H36M17

    skeleton = dataset.skeleton if dataset else H36M17
    return {"parents": list(skeleton.parents), "left": list(skeleton.left), "right": list(skeleton.right)}


def _reach(samples: np.ndarray, coordinates: int) -> float:
    """Return how far points of samples lie from the middle, but for the farthest hundredth; 1 of images."""
    if coordinates != 3:
        return 1.0
    far = float(np.quantile(np.linalg.norm(samples, axis=-1), 0.99))
    if not np.isfinite(far):
        raise InvalidInputError("The model decodes numbers that are not finite.", "Train it again.")
    return max(far, 1e-6)


def _far_apart(codes: np.ndarray) -> list[int]:
    """Return two rows: one a third of the way, and the one whose code is the farthest from it, but for a tenth."""
    first = len(codes) // 3
    far = np.linalg.norm(codes - codes[first], axis=1)
    return [first, int(np.argsort(far, kind="stable")[int(0.9 * (len(codes) - 1))])]
