"""export: a model's weights, or poses in motion, in formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posectl.errors import InvalidInputError, UsageError
from posectl.render.files import replacing
from posectl.stages.artifacts.files import is_file
from posectl.stages.artifacts.model import load_model
from posectl.stages.artifacts.outputs import check_folder, check_output, replacing_folder
from posectl.stages.exporting import TARGETS, Target
from posectl.stages.exporting.motions import open_motions
from posectl.stages.exporting.targets import ModelTarget, MotionTarget, target_of
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact, Ref


def export(
    run: Run,
    subject: str | np.ndarray,
    out: Path,
    to: str | None = None,
    options: ExportOptions = ExportOptions(),
) -> dict[str, Any]:
    """Write a model or motions to `out` in the format of a target, and return path, target and bytes.

    to: the target; None: by how `out` ends. Raises UsageError for a target that there is not, or of other subjects,
    ConflictError rather than overwrite, unless `run.force`.
    """
    target = target_of(to, out)
    model = _model(run, subject)
    _check_kind(target, subject, is_model=model is not None)
    if target.suffixes:
        check_output(run, out, target.suffixes, f"out{target.suffixes[0]}")
    else:
        check_folder(run, out, target.members)
    figures: dict[str, Any] = {}
    with (replacing if target.suffixes else replacing_folder)(out) as beside:
        if model is not None and isinstance(target, ModelTarget):
            told = target.write(run, model, load_model(run, model, weights=options.weights), beside, options)
        else:
            assert isinstance(target, MotionTarget)
            motions = open_motions(run, subject, options)
            if len(motions) > 1 and not target.several:
                raise UsageError(f"{subject} holds {len(motions)} motions, and {target.name} one.", _pick(run, subject))
            told, figures = target.write(run, motions, beside, options)
        size = sum(each.stat().st_size for each in (beside, *beside.rglob("*")) if each.is_file())
    for line in told:
        run.tell(line)
    return {"path": str(out), "to": target.name, "bytes": size, **figures}


def _model(run: Run, subject: str | np.ndarray) -> Artifact | None:
    """Return the model that is meant; None where the subject is no model."""
    if isinstance(subject, np.ndarray) or is_file(subject) or Ref.parse(subject).part:
        return None
    artifact = run.artifacts.get(subject)
    return artifact if artifact.kind == "model" else None


def _check_kind(target: Target, subject: str | np.ndarray, *, is_model: bool) -> None:
    if is_model == isinstance(target, ModelTarget):
        return
    name = "The array" if isinstance(subject, np.ndarray) else subject
    what, wanted = ("a model", "poses") if is_model else ("no model", "models")
    known = [each for each in TARGETS.names() if isinstance(TARGETS.get(each), ModelTarget) == is_model]
    hint = f"Of {'models' if is_model else 'poses'}: --to {'|'.join(known)}."
    raise InvalidInputError(f"{name} is {what}, and {target.name} holds {wanted}.", hint)


def _pick(run: Run, subject: str | np.ndarray) -> str:
    if isinstance(subject, np.ndarray) or is_file(subject):
        return "--to npz and csv hold them all; or pick a clip of what `posectl prepare arrays` makes of them."
    part = "#clip0" if run.artifacts.get(subject).kind == "dataset" else "#0"
    return f"Pick one, as in {subject}{part}; --to npz and csv hold them all."
