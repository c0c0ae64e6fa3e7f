"""evaluate: score a model, paths, samples, a baseline, or a file from any other system."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from posectl.core.metrics import METRICS, Score
from posectl.core.metrics.transitions import transition_curve
from posectl.errors import InvalidInputError
from posectl.stages.evaluation.gather import gather
from posectl.stages.evaluation.material import Material
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Draft

_FACTORS = "images whose factors are known and go round"
_LABELS = "labelled images in train and test"
_GROUNDS = {
    **dict.fromkeys(("trace", "interval_paths", "interval_truth", "interval_trace"), _FACTORS),
    "interval_sweep": f"a model or baseline of {_FACTORS}",
    **dict.fromkeys(("codes", "test_codes"), "a model"),
    **dict.fromkeys(("labels", "test_labels", "classes"), _LABELS),
    **dict.fromkeys(("originals", "reconstructions"), "a model of images"),
}
"""What to call material that is missing; the rest by its own name."""


def evaluate(
    run: Run, subject: str | None = None, against: str | None = None, options: EvaluateOptions = EvaluateOptions()
) -> Result:
    """Score the subject (the newest model if None) and publish a scores artifact.

    A model makes the paths and samples that the protocol asks for, against the dataset it was trained on; a paths or
    samples artifact or file is scored as it is: (B, T, J, 3) are paths, (N, J, 3) samples; (B, T, H, W) and
    (B, T, C, H, W) are paths of images. "baseline:crossfade" and its like need a dataset of images and no model.
    against names another reference, a dataset or, of poses, a file. Figures: `scores` (metric -> statistics) and
    `protocol`; curves are arrays of the artifact, `METRIC/NAME`. Raises UsageError for a metric that does not exist,
    InvalidInputError for one that the subject gives no ground for.
    """
    for name in options.metrics:
        METRICS.get(name)
    material = gather(run, subject, against, options)
    names = _applicable(material, options)

    def fill(draft: Draft) -> dict[str, Any]:
        scores: dict[str, Score] = {}
        for i, name in enumerate(names):
            run.progress(Progress(f"scoring {name}", i, len(names), "metrics"))
            scores[name] = score(name, material)
            _put_curve(draft, name, scores[name])
        run.progress(Progress("scoring", len(names), len(names), "metrics"))
        if material.has("paths"):
            curve = transition_curve(material.get("paths"), options.compat)
            draft.put("transitions/mean", curve.mean.numpy(), ("transition",))
            draft.put("transitions/std", curve.std.numpy(), ("transition",))
        return {"scores": scores, "protocol": material.protocol}

    return produce(
        run, "scores", f"{material.name}-scores", run.config(material.options), fill, parents=material.parents,
        inputs=material.inputs, device=str(material.device), about={"label": material.label, "kind": material.kind},
    )  # fmt: skip


def score(name: str, material: Material) -> Score:
    """One metric of the material, handed what its parameters name."""
    metric = METRICS.get(name)
    return metric(**{key: material.get(key) for key in _needs(name, material)})


def _put_curve(draft: Draft, name: str, score: Score) -> None:
    """A metric's curve leaves its score for arrays of the artifact, over the axis that it names first."""
    curve = score.pop("curve", {})
    axis = next(iter(curve), "")
    for key, values in curve.items():
        draft.put(f"{name}/{key}", values.numpy(), (axis,))


def _needs(name: str, material: Material) -> list[str]:
    parameters = inspect.signature(METRICS.get(name)).parameters.values()
    return [p.name for p in parameters if p.default is p.empty or material.has(p.name)]


def lacking(name: str, material: Material) -> list[str]:
    """What a metric needs and the material does not give."""
    return [key for key in _needs(name, material) if not material.has(key)]


def _applicable(material: Material, options: EvaluateOptions) -> list[str]:
    """The metrics to compute: those asked for, or all that the material allows."""
    missing = {name: lacking(name, material) for name in METRICS.names()}
    for name in options.metrics:
        if missing[name]:
            needs = dict.fromkeys(_GROUNDS.get(key, key) for key in missing[name])
            hint = "Name a reference with --against, or evaluate a model."
            if material.has("reference") and _FACTORS in needs:
                hint = "Lines, the pole and turntables have factors: `posectl prepare lines`."
            raise InvalidInputError(f"{name} needs {' and '.join(needs)}, which {material.label} does not give.", hint)
    names = list(options.metrics) or [name for name, lacks in missing.items() if not lacks]
    if not names:
        raise InvalidInputError(f"{material.label} gives no ground for any metric.", "Name a reference with --against.")
    return names


def flat(scores: Mapping[str, Score]) -> dict[str, Score]:
    """Scores with the parts of composite ones (prdc) under names of their own: `prdc.precision`."""
    out: dict[str, Score] = {}
    for name, entry in scores.items():
        if "mean" in entry:
            out[name] = entry
        else:
            out |= {f"{name}.{part}": sub for part, sub in entry.items() if isinstance(sub, dict)}
    return out
