"""A dataset beyond memory, written block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from posectl.budget import VARIABLE
from posectl.data.checks import check
from posectl.data.dataset import SPLITS, TEST, TRAIN, Dataset
from posectl.data.stream import Stream
from posectl.errors import UsageError
from posectl.stages.artifacts.about import DatasetAbout, parse_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.run import Progress, Run
from posectl.store import Draft

_WARNINGS = 8
_VECTORS = {"root": ("axis",)}


def arrays_of(dataset: Dataset, axes: Sequence[str]) -> dict[str, tuple[np.ndarray, tuple[str, ...]]]:
    """Return the arrays (N, ...) of a dataset by their names in the store, and the names of their axes."""
    arrays: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {
        "samples": (dataset.samples.astype(np.float32, copy=False), ("sample", *axes)),
        "split": (dataset.split.astype(np.uint8, copy=False), ("sample",)),
    }
    for name, values in dataset.per_sample.items():
        own = _VECTORS.get(name, tuple(f"{name}_{i}" for i in range(values.ndim - 1)))
        arrays[name] = (values, ("sample", *own))
    return arrays


def fill_by_blocks(run: Run, draft: Draft, stream: Stream, source: str, asked: Sequence[str]) -> dict[str, Any]:
    """Write the arrays of a stream, the very files that they are as a whole; return the summary of figures.

    Every block is checked by itself; the rows of the report are of the first. asked: options that need all of it.
    Raises UsageError where there are any.
    """
    if asked:
        raise UsageError(
            f"--{asked[0].replace('_', '-')} needs all {stream.count:,} samples at once, and they are read in blocks.",
            f"Leave it out, or give more memory: {VARIABLE}.",
        )
    rows: list[tuple[str, str]] = []
    warnings, tables, counts = list[str](), list[dict[str, np.ndarray]](), np.zeros(3, np.int64)
    done, clips, nouns, about = 0, 0, "", None
    for dataset in stream.blocks:
        if about is None:
            about = parse_about({**dataset.about, "source": source}, DatasetAbout, f"the dataset of {source}")
            kind = kind_named(about.kind)
            nouns = kind.nouns
            for name, (values, dims) in arrays_of(dataset, kind.axes).items():
                draft.begin(name, (stream.count, *values.shape[1:]), values.dtype, dims)
        report = check(dataset, nouns, part=True)
        rows = rows or report.rows
        where = f"{nouns.capitalize()} {done:,} to {done + len(dataset.samples) - 1:,}"
        warnings += [f"{where}: {text}" for text in [*dataset.warnings, *report.warnings]]
        own, table = dataset.per_clip, stream.per_clip
        if table is not None:
            clips = int(np.searchsorted(table["start"], done, side="right")) - 1
        tables.append({**own, "start": own["start"] + done})
        dataset.per_sample["clip"] = dataset.per_sample["clip"] + np.asarray(clips, dataset.per_sample["clip"].dtype)
        for name, (values, _) in arrays_of(dataset, kind.axes).items():
            draft.append(name, values)
        counts += np.bincount(dataset.split, minlength=3)
        done, clips = done + len(dataset.samples), clips + len(own["start"])
        run.progress(Progress(f"writing {nouns}", done, stream.count, nouns))
    assert about is not None
    joined = stream.per_clip or {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    for name, values in joined.items():
        draft.put(f"clips/{name}", values, ("clip", *(f"{name}_{i}" for i in range(values.ndim - 1))))
    draft.record(about=about.as_json())
    told = warnings[:_WARNINGS]
    if len(warnings) > _WARNINGS:
        told.append(f"There are {len(warnings) - _WARNINGS:,} more warnings of this kind.")
    size = [
        [nouns, f"{done:,}: {counts[TRAIN]:,} train, {counts[TEST]:,} test"],
        ["clips", f"{len(joined['start']):,}"],
        ["split", about.split],
        ["checked", f"in {len(tables)} blocks; what follows is of the first"],
    ]
    return {
        nouns: done,
        **{name: int(counts[part]) for name, part in SPLITS.items() if counts[part] or name != "validation"},
        "rows": [*size, *([label, text] for label, text in rows)],
        "warnings": told,
    }
