"""explore: a page in which a latent space is played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from posectl.errors import NotFoundError, UsageError
from posectl.render.explorer.packing import Pack
from posectl.render.explorer.page import page
from posectl.stages.artifacts.dataset import StoredDataset, common_dataset
from posectl.stages.artifacts.model import HINT, load_model
from posectl.stages.artifacts.outputs import PAGES, check_output, write_page
from posectl.stages.exploring.model import put_attributes, put_model
from posectl.stages.exploring.shown import from_dataset, from_priors, put_shown
from posectl.stages.options import ExploreOptions
from posectl.stages.run import Run
from posectl.store import Artifact


def explore(
    run: Run, models: Sequence[str] = (), out: Path | None = None, options: ExploreOptions = ExploreOptions()
) -> dict[str, Any]:
    """Make the page of these models, or of the newest, and write it to `out`, if that is named; `html`, and the packed
    `data` in it, in what it returns.

    The models are of one dataset: its samples are the points of the map, and the ghosts. Without it the points are
    draws from the prior, and that is said. Raises UsageError for models of several datasets and for networks that no
    page runs, ConflictError rather than overwrite, unless `run.force`.
    """
    check_output(run, out, PAGES, "explore.html")
    if options.points < 2 or options.real < 0:
        raise UsageError("A map has two points or more.", "For example --points 20000.")
    artifacts = _models(run, models)
    title, data = _packed(run, artifacts, options)
    text = page(title, data, described=f"{title}: paths between codes, decoded in the page.")
    write_page(out, text)
    return {
        "path": str(out) if out else None,
        "bytes": len(text.encode()),
        "models": [a.ref for a in artifacts],
        "html": text,
        "data": data,
    }


def _models(run: Run, refs: Sequence[str]) -> list[Artifact]:
    named: list[str | None] = [*refs] or [None]
    return [run.subject(ref, "model", HINT) for ref in named]


def _packed(run: Run, artifacts: Sequence[Artifact], options: ExploreOptions) -> tuple[str, str]:
    """Return the title and the packed data of a page."""
    dataset = _dataset(run, artifacts)
    loaded = [load_model(run, artifact, weights=options.weights) for artifact in artifacts]
    shown = from_dataset(run, dataset, loaded, options) if dataset else from_priors(run, loaded, options)
    pack = Pack()
    models = [
        {**put_model(pack, index, artifact, model, codes, run.seed), "weights": options.weights}
        for index, (artifact, model, codes) in enumerate(zip(artifacts, loaded, shown.codes, strict=True))
    ]
    title = ", ".join(artifact.ref for artifact in artifacts)
    attributes = put_attributes(pack, run, options.attributes, artifacts)
    told = {"title": f"{title}: a latent space", "models": models, "attributes": attributes}
    names = list(dataset.about.class_names) if dataset else []
    return title, pack.text({**told, "classNames": names, **put_shown(pack, shown, loaded[0])})


def _dataset(run: Run, artifacts: Sequence[Artifact]) -> StoredDataset | None:
    """Return the one dataset of all models, None where it is gone. Raises UsageError for several."""
    try:
        return common_dataset(run, artifacts)
    except NotFoundError:
        run.warn(f"The dataset of {artifacts[0].ref} is gone: the page shows draws from the prior, and nothing real.")
        return None
