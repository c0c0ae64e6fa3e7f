"""The styles of models: each has its own in all figures of a store."""

from __future__ import annotations

from collections.abc import Mapping

from posectl.render.figures.style import Style, lasting
from posectl.stages.comparison.scores import model_label
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def looks_of(run: Run, shown: Mapping[str, Artifact]) -> dict[str, Style]:
    """Return the style of each label whose artifact is a model, or made by one; versions of a name share one.

    Styles are given out in the order in which the store's models were first made.
    """
    labels: dict[str, str] = {}
    for model in run.artifacts.artifacts("model"):
        labels.setdefault(model.name, model_label(model))
    styles = lasting(labels)
    models = {each: a if a.kind == "model" else parent_of(run, a, "model") for each, a in shown.items()}
    return {each: styles[model.name] for each, model in models.items() if model is not None and model.name in styles}
