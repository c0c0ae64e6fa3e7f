"""The members of a subject: all models of a sweep, or the subject itself."""

from __future__ import annotations

from posectl.errors import NotFoundError, UsageError
from posectl.stages.artifacts.files import is_baseline, is_file
from posectl.stages.artifacts.model import model_about
from posectl.stages.run import Run
from posectl.store import Artifact
from posectl.store.lineage import find_parent


def members(run: Run, artifact: Artifact) -> list[Artifact]:
    """Return the models of a sweep, in its order; or any other artifact alone. Raises NotFoundError if a model is
    gone."""
    if artifact.kind != "sweep":
        return [artifact]
    models = [(parent, find_parent(run.artifacts, parent)) for parent in artifact.parents if parent.role == "model"]
    gone = [parent.ref for parent, model in models if model is None]
    if gone:
        raise NotFoundError(
            f"{artifact.ref} has lost {', '.join(gone)}.", "The same `posectl sweep` again trains what is missing."
        )
    return [model for _, model in models if model is not None]


def expand_sweeps(run: Run, subjects: list[str]) -> list[str]:
    """Replace every sweep among subjects by the refs of its models; files and baselines stay as they are."""
    spread: list[str] = []
    for subject in subjects:
        if is_file(subject) or is_baseline(subject):
            spread.append(subject)
        else:
            artifact = run.artifacts.locate(subject, "model", "paths", "samples", "sweep", "attribute")
            spread += [model.ref for model in members(run, artifact)] if artifact.kind == "sweep" else [subject]
    return spread


def snapshots(run: Run, subject: str | None) -> list[str]:
    """List the weights that a model kept during training, in their order. Raises UsageError for one that kept none."""
    model = run.subject(subject, "model", "`posectl train --snapshots 16` makes one.")
    steps = model_about(model).snapshots
    if not steps:
        raise UsageError(f"{model.ref} kept nothing on its way.", "`posectl train --snapshots 16` makes one that does.")
    return [f"step-{step}" for step in steps]
