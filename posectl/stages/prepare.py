"""prepare: a source's samples, checked and published as a dataset artifact."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.check import check
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.sources import SOURCES
from posectl.errors import UsageError, nearest_name
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Draft

DIMS = {"poses": ("joint", "axis"), "images": ("channel", "row", "column"), "clouds": ("point", "axis")}
NOUNS = {"poses": "frames", "images": "images"}
_VECTORS = {"root": ("axis",)}


@dataclass(frozen=True)
class _Options:
    source: str
    paths: tuple[str, ...]
    options: dict[str, Any]


def prepare(run: Run, source: str, paths: Sequence[Path] = (), options: Mapping[str, Any] | None = None) -> Result:
    """Read `paths` by the named source and publish what it gives as a dataset, named after the source.

    options are the source's own (see its module). Figures: `frames` or `images`, `train`, `test`, `rows` (label, text)
    that a user checks first, and `warnings`. Raises UsageError for an option that the source does not have.
    """
    read = SOURCES.get(source)
    options = {key: value for key, value in (options or {}).items() if value is not None}
    known = [p.name for p in inspect.signature(read).parameters.values() if p.kind is p.KEYWORD_ONLY]
    parameters = inspect.signature(read).parameters
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if key not in known:
            raise UsageError(f"The source {source!r} has no option {flag}.", nearest_name(key, known))
        if isinstance(value, str) and str(parameters[key].annotation) in ("int", "float"):
            raise UsageError(f"{flag} of {source} is a number, not {value!r}.", f"For example {flag} 30.")
    if "seed" in known:
        options.setdefault("seed", run.seed)
    config = run.config(_Options(source, tuple(str(p) for p in paths), {k: _plain(v) for k, v in options.items()}))
    extra: dict[str, Any] = {}
    if "progress" in known:
        extra["progress"] = lambda done, total, name: run.progress(Progress("reading", done, total, "files"))

    def fill(draft: Draft) -> dict[str, Any]:
        dataset = read(list(paths), **options, **extra)
        report = check(dataset)
        write(draft, dataset)
        draft.record(about={**dataset.about, "source": source})
        warnings = [*dataset.warnings, *report.warnings, *_missing_split(dataset)]
        return {
            NOUNS.get(dataset.about.get("kind", "poses"), "samples"): len(dataset.samples),
            "train": int((dataset.split == TRAIN).sum()),
            "test": int((dataset.split == TEST).sum()),
            "rows": [[label, text] for label, text in report.rows],
            "warnings": warnings,
        }

    given = [Path(p) for p in (*paths, *options.get("test", ()), *(v for v in options.values() if isinstance(v, Path)))]
    given = [path for path in given if path.exists()]
    return produce(run, "dataset", source, config, fill, inputs=fingerprint(given) if given else None)


def _plain(value: Any) -> Any:
    """An option as JSON has it: paths as text."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def fingerprint(paths: Sequence[Path]) -> list[list[Any]]:
    """Name, size and time of change of every file under the paths: enough to tell that an input is another one, without
    reading gigabytes."""
    files = [f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path]) if f.is_file()]
    stats = [(str(f), f.stat()) for f in files]
    rows = [[name, s.st_size, s.st_mtime_ns] for name, s in stats]
    if len(rows) <= 32:
        return rows
    return [["files", len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()]]


def write(draft: Draft, dataset: Dataset) -> None:
    """Put every array of a dataset into a draft."""
    kind = dataset.about.get("kind", "poses")
    draft.put("samples", dataset.samples.astype(np.float32, copy=False), ("sample", *DIMS[kind]))
    draft.put("split", dataset.split.astype(np.uint8, copy=False), ("sample",))
    for name, values in dataset.per_sample.items():
        draft.put(name, values, ("sample", *_VECTORS.get(name, tuple(f"{name}_{i}" for i in range(values.ndim - 1)))))
    for name, values in dataset.per_clip.items():
        draft.put(f"clips/{name}", values, ("clip", *(f"{name}_{i}" for i in range(values.ndim - 1))))


def _missing_split(dataset: Dataset) -> list[str]:
    """A warning where training on the set would be refused; as a reference it serves."""
    empty = [name for split, name in ((TRAIN, "train"), (TEST, "test")) if not (dataset.split == split).any()]
    return [f"No sample is in the {name} split, so no model can be trained on this set alone." for name in empty]


def show_joints(paths: Sequence[Path]) -> str:
    """The joints of a motion-capture file as a joint map in YAML, to edit and give to --map."""
    from posectl.data.readers import mocap

    return mocap.show_joints(paths)
