"""The tables of a report: the models with their settings, and their scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from posectl.errors import PosectlError
from posectl.printable import error_text, one_line
from posectl.stages.artifacts.model import model_about
from posectl.stages.compare import compare
from posectl.stages.comparison.scores import in_millimetres, model_label
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact

# Settings that the table tells anyway, and the length beyond which one is none to read in a table.
_OWN_COLUMNS = ("lam", "latent", "reg", "seed", "steps")
_LONGEST = 40


def model_table(run: Run, models: Sequence[Artifact]) -> dict[str, Any]:
    """Return the table of models: what each was trained on and with, its error and digest, and the settings in which
    they differ."""
    differing = _differing(models)
    rows = []
    for model in models:
        about, dataset = model_about(model), parent_of(run, model, "dataset")
        error = model.summary.get("test_error")
        rows.append([
            model.ref, model_label(model), dataset.ref if dataset else "gone", _value(model, "steps"),
            str(model.manifest.get("seed")), "" if error is None else error_text(error, about.samples.unit or "1"),
            *(_value(model, key) for key in differing), model.digest[:19], model.created[:16],
        ])  # fmt: skip
    head = ["model", "trained as", "dataset", "steps", "seed", "test error", *differing, "digest", "made (UTC)"]
    return {"head": head, "rows": [[one_line(str(cell)) for cell in row] for row in rows]}


def score_table(run: Run, models: Sequence[Artifact], published: str | None) -> dict[str, Any] | None:
    """Return the comparison of the models that were scored, None where none was; lengths in millimetres."""
    scored = [model.ref for model in models if _is_scored(run, model)]
    if not scored:
        return None
    table = compare(run, scored, published=published)
    columns = [{name: in_millimetres(score) for name, score in column.scores.items()} for column in table.columns]
    rows = []
    for name in table.rows:
        line = table.line(name)
        unit = next((column[name]["unit"] for column in columns if name in column), "1")
        cells = [_cell(column.get(name)) for column in columns]
        rows.append({"name": name.replace("_", " "), "unit": "" if unit == "1" else unit, "arrow": line.arrow.strip(),
                     "cells": cells, "best": line.best})  # fmt: skip
    heads = [{"label": c.label, "ref": c.ref, "published": not c.scored} for c in table.columns]
    return {"heads": heads, "rows": rows, "notes": [*table.warnings, *table.notes], "over": table.over}


def _cell(score: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if score is None else {key: score.get(key) for key in ("mean", "std", "median")}


def _is_scored(run: Run, model: Artifact) -> bool:
    try:
        return bool(compare(run, [model.ref]).rows)
    except PosectlError:
        return False


def _value(model: Artifact, key: str) -> str:
    value = model.config.get(key, {}).get("value")
    return value if isinstance(value, str) else json.dumps(value)


def _differing(models: Sequence[Artifact]) -> list[str]:
    """Name the settings that are not the same for all, but for those that have a column."""
    keys = sorted({key for model in models for key in model.config} - set(_OWN_COLUMNS))
    values = {key: {_value(model, key) for model in models} for key in keys}
    return [key for key, found in values.items() if len(found) > 1 and max(map(len, found)) <= _LONGEST]
