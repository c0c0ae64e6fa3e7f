"""prepare: a source's samples, checked and published as a dataset artifact."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.core.kinds import KINDS, Kind
from posectl.data.checks import CHECKS, check
from posectl.data.checks.bodies import describe
from posectl.data.dataset import SPLITS, TEST, TRAIN, Dataset
from posectl.data.dropping import without_bad
from posectl.data.readers import READERS
from posectl.data.report import Report
from posectl.data.safe.npy import split_key
from posectl.data.validation import check_share, of_files, with_validation
from posectl.errors import UsageError, did_you_mean
from posectl.inputs import exists
from posectl.stages.artifacts.about import DatasetAbout, parse_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Draft

_VECTORS = {"root": ("axis",)}


@dataclass(frozen=True)
class _Options:
    source: str
    paths: tuple[str, ...]
    options: dict[str, Any]


def prepare(run: Run, source: str, paths: Sequence[Path] = (), options: Mapping[str, Any] | None = None) -> Result:
    """Read `paths` by the named reader and publish what it gives as a dataset, named after the reader.

    options: fields of the reader's own options (see its module), and `validation`, the share of training samples to
    hold out for choosing by (see posectl.data.validation). Figures: the count of samples, `train`, `test`, `validation`
    if there is any, `rows` (label, text) that a user checks first, and `warnings`. Raises UsageError for an option that
    the reader does not have.
    """
    reader = READERS.get(source)
    given = {key: value for key, value in (options or {}).items() if value is not None}
    share = given.pop("validation", None)
    known = {field.name: field for field in dataclasses.fields(reader.options)}
    for key, value in given.items():
        flag = f"--{key.replace('_', '-')}"
        if key not in known:
            raise UsageError(f"The source {source!r} has no option {flag}.", did_you_mean(key, known))
        if isinstance(value, str) and str(known[key].type) in ("int", "float"):
            raise UsageError(f"{flag} of {source} is a number, not {value!r}.", f"For example {flag} 30.")
    if "seed" in known:
        given.setdefault("seed", run.seed)
    options = given if share is None else {**given, "validation": check_share(share)}
    config = run.config(_Options(source, tuple(str(p) for p in paths), {k: _plain(v) for k, v in options.items()}))

    def progress(done: int, total: int, name: str) -> None:
        run.progress(Progress("reading", done, total, "files"))

    def fill(draft: Draft) -> dict[str, Any]:
        dataset = reader(list(paths), progress=progress, **given)
        if given.get("drop_bad"):
            dataset = without_bad(dataset)
        seed = int(given.get("seed", run.seed))
        dataset = of_files(dataset) if share is None else with_validation(dataset, share, seed)
        about = parse_about({**dataset.about, "source": source}, DatasetAbout, f"the dataset of {source}")
        kind = kind_named(about.kind)
        report = check(dataset, kind.nouns)
        if "dropped" in dataset.about:
            report.row("dropped", describe(dataset.about["dropped"]))
        write(draft, dataset, kind)
        draft.record(about=about.as_json())
        counts = {name: int((dataset.split == part).sum()) for name, part in SPLITS.items()}
        return {
            kind.nouns: len(dataset.samples),
            **{name: count for name, count in counts.items() if count or name != "validation"},
            "rows": [[label, text] for label, text in report.rows],
            "warnings": [*dataset.warnings, *report.warnings, *_droppable(report, known), *_missing_split(dataset)],
        }

    files = [Path(p) for p in (*paths, *given.get("test", ()), *(v for v in given.values() if isinstance(v, Path)))]
    files = [path for path in (split_key(file)[0] for file in [*files, *reader.beside(files)]) if exists(path)]
    return produce(
        run, "dataset", source, config, fill, stage="prepare", modules=_modules(source),
        inputs=fingerprint(files) if files else None,
    )  # fmt: skip


def _modules(source: str) -> list[str]:
    """Name the modules that registries choose for a reader: its own, its kind's, and the checks of the kind."""
    kind = READERS.get(source).kind
    checks = [CHECKS.module(kind)] if kind in CHECKS.names() else []
    return [READERS.module(source), KINDS.module(kind), *checks]


def _plain(value: Any) -> Any:
    """Return an option as JSON has it: paths as text."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def fingerprint(paths: Sequence[Path]) -> list[list[Any]]:
    """Return name, size and time of change of every file under the paths, to recognise a changed input quickly."""
    files = [f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path]) if f.is_file()]
    stats = [(str(f), f.stat()) for f in files]
    rows = [[name, s.st_size, s.st_mtime_ns] for name, s in stats]
    if len(rows) <= 32:
        return rows
    return [["files", len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()]]


def write(draft: Draft, dataset: Dataset, kind: Kind) -> None:
    """Put every array of a dataset into a draft."""
    draft.put("samples", dataset.samples.astype(np.float32, copy=False), ("sample", *kind.axes))
    draft.put("split", dataset.split.astype(np.uint8, copy=False), ("sample",))
    for name, values in dataset.per_sample.items():
        draft.put(name, values, ("sample", *_VECTORS.get(name, tuple(f"{name}_{i}" for i in range(values.ndim - 1)))))
    for name, values in dataset.per_clip.items():
        draft.put(f"clips/{name}", values, ("clip", *(f"{name}_{i}" for i in range(values.ndim - 1))))


def _droppable(report: Report, known: Collection[str]) -> list[str]:
    """Return a sentence on the frames that --drop-bad leaves out, of a reader that has it among its `known` options."""
    return [f"--drop-bad leaves out {describe(report.bad)}."] if report.bad and "drop_bad" in known else []


def _missing_split(dataset: Dataset) -> list[str]:
    """Return a warning where training on the set would be refused; as a reference it serves."""
    empty = [name for split, name in ((TRAIN, "train"), (TEST, "test")) if not (dataset.split == split).any()]
    return [f"No sample is in the {name} split, so no model can be trained on this set alone." for name in empty]
