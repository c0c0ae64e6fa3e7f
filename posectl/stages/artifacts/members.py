"""What a subject stands for: a sweep for all its models, anything else for itself."""

from __future__ import annotations

from posectl.errors import NotFoundError, UsageError
from posectl.stages.artifacts.files import is_baseline, is_file
from posectl.stages.artifacts.model import model_about
from posectl.stages.run import Run
from posectl.store import Artifact
from posectl.store.lineage import find_parent


def members(run: Run, artifact: Artifact) -> list[Artifact]:
    """The models of a sweep, in its order; of anything else, itself. Raises NotFoundError where a model is gone."""
    if artifact.kind != "sweep":
        return [artifact]
    models = [(parent, find_parent(run.artifacts, parent)) for parent in artifact.parents if parent.role == "model"]
    gone = [parent.ref for parent, model in models if model is None]
    if gone:
        raise NotFoundError(
            f"{artifact.ref} has lost {', '.join(gone)}.", "The same `posectl sweep` again trains what is missing."
        )
    return [model for _, model in models if model is not None]


def spread_out(run: Run, subjects: list[str]) -> list[str]:
    """Subjects with every sweep replaced by the refs of its models; files and baselines stay as they are."""
    spread: list[str] = []
    for subject in subjects:
        if is_file(subject) or is_baseline(subject):
            spread.append(subject)
        else:
            artifact = run.artifacts.get(subject)
            spread += [model.ref for model in members(run, artifact)] if artifact.kind == "sweep" else [subject]
    return spread


def snapshots(run: Run, subject: str | None) -> list[str]:
    """The weights that a model kept on its way, in their order. Raises UsageError for one that kept none."""
    model = run.subject(subject, "model", "`posectl train --snapshots 16` makes one.")
    steps = model_about(model).snapshots
    if not steps:
        raise UsageError(f"{model.ref} kept nothing on its way.", "Train it with --snapshots 16.")
    return [f"step-{step}" for step in steps]
