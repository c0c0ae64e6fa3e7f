"""evaluate: score a model, paths, samples, or a file from any other system."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from posectl.core.metrics import METRICS, Score
from posectl.core.metrics.transitions import transition_curve
from posectl.errors import InvalidInputError, UsageError, nearest_name
from posectl.stages.material import Material, gather
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Draft

COMPAT = ("naayem",)


def evaluate(
    run: Run, subject: str | None = None, against: str | None = None, options: EvaluateOptions = EvaluateOptions()
) -> Result:
    """Score the subject (the newest model if None) and publish a scores artifact.

    A model makes the paths and samples that the protocol asks for, against the dataset it was trained on; a paths or
    samples artifact or file is scored as it is: (B, T, J, 3) are paths, (N, J, 3) samples. against names another
    reference, a dataset or a file. Figures: `scores` (metric -> statistics) and `protocol`. Raises UsageError for a
    metric that does not exist, InvalidInputError for one that the subject gives no ground for.
    """
    if options.compat is not None and options.compat not in COMPAT:
        raise UsageError(f"There is no protocol {options.compat!r}.", nearest_name(options.compat, COMPAT))
    for name in options.metrics:
        METRICS.get(name)
    material = gather(run, subject, against, options)
    names = _applicable(material, options)

    def fill(draft: Draft) -> dict[str, Any]:
        scores: dict[str, Score] = {}
        for i, name in enumerate(names):
            run.progress(Progress(f"scoring {name}", i, len(names), "metrics"))
            scores[name] = score(name, material)
        run.progress(Progress("scoring", len(names), len(names), "metrics"))
        if material.has("paths"):
            curve = transition_curve(material.get("paths"), options.compat)
            draft.put("transitions/mean", curve.mean.numpy(), ("transition",))
            draft.put("transitions/std", curve.std.numpy(), ("transition",))
        draft.record(about={"label": material.label})
        return {"scores": scores, "protocol": material.protocol}

    return produce(
        run, "scores", f"{material.name}-scores", run.config(options), fill, parents=material.parents,
        inputs=material.inputs, device=str(material.device), about={"label": material.label},
    )  # fmt: skip


def score(name: str, material: Material) -> Score:
    """One metric of the material, handed what its parameters name."""
    metric = METRICS.get(name)
    return metric(**{key: material.get(key) for key in _needs(name, material)})


def _needs(name: str, material: Material) -> list[str]:
    parameters = inspect.signature(METRICS.get(name)).parameters.values()
    return [p.name for p in parameters if p.default is p.empty or material.has(p.name)]


def _applicable(material: Material, options: EvaluateOptions) -> list[str]:
    """The metrics to compute: those asked for, or all that the material allows."""
    missing = {name: [key for key in _needs(name, material) if not material.has(key)] for name in METRICS.names()}
    for name in options.metrics:
        if missing[name]:
            raise InvalidInputError(
                f"{name} needs {' and '.join(missing[name])}, which {material.label} does not give.",
                "Name a reference with --against, or evaluate a model.",
            )
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
