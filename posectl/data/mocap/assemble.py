"""The dataset of clips: one table, a train and a test split, and what a user checks first."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.clips import Clips, Split, train_test_split
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.layouts import layout
from posectl.data.mocap.clip import Clip
from posectl.data.mocap.naming import built_in_maps
from posectl.data.mocap.takes import clip_names, take_of
from posectl.data.skeleton import H36M17
from posectl.data.units import LAYOUTS
from posectl.errors import UsageError, did_you_mean


def to_dataset(
    clips: Sequence[Clip],
    test: Sequence[Path],
    how: Split | None = None,
    *,
    warnings: Sequence[str],
    citations: Sequence[str],
) -> Dataset:
    """Build the dataset of clips; `test` names the test split's files, folders, clips or subjects (none: a fifth, of
    whole subjects or clips by `how`).

    Raises UsageError for a name that no clip bears, and for names that leave nothing to train on.
    """
    table = _table(clips)
    table, split, told = _split(clips, table, test, how)
    return Dataset(
        samples=np.concatenate([clip.poses for clip in clips]),
        split=split,
        per_sample={
            "root": np.concatenate([clip.root for clip in clips]),
            "frame": np.concatenate([clip.frames for clip in clips]),
            "clip": table.rows(),
        },
        per_clip={**table.columns(), **_found_in_each(clips, table)},
        about={
            "kind": "poses",
            "skeleton": H36M17.name,
            "joints": list(H36M17.joints),
            "unit": "m",
            "up": "+z",
            "coordinates": "world",
            "source": "mocap",
            "citation": " ".join(dict.fromkeys(citation for citation in citations if citation)),
            "split": told,
            "found": _found(clips),
            **_layouts(clips),
            "factors": [],
        },
        warnings=[*warnings, *_told(clips), *_doubts(clips)],
    )


def _table(clips: Sequence[Clip]) -> Clips:
    paths = list(dict.fromkeys(clip.path for clip in clips))
    names = dict(zip(paths, clip_names(paths), strict=True))
    takes = [take_of(clip.path) for clip in clips]
    length = np.array([len(clip.poses) for clip in clips], np.int64)
    return Clips(
        name=np.array([names[clip.path] + clip.part for clip in clips]),
        subject=np.array([take.subject for take in takes]),
        action=np.array([take.action for take in takes]),
        fps=np.array([clip.fps for clip in clips], np.float32),
        source=np.array([clip.path.as_posix() for clip in clips]),
        start=np.cumsum(length) - length,
        length=length,
    )


def _split(
    clips: Sequence[Clip], table: Clips, test: Sequence[Path], how: Split | None
) -> tuple[Clips, np.ndarray, str]:
    """Return (table, split (N,), its description)."""
    if test:
        chosen = np.zeros(len(clips), dtype=bool)
        for name in test:
            chosen |= _named(name, clips, table)
        if chosen.all():
            raise UsageError("Every clip is for test, and none is left to train on.", "Name fewer with --test.")
        split = np.repeat(np.where(chosen, TEST, TRAIN).astype(np.uint8), table.length)
        return table, split, f"as named: {', '.join(table.name[chosen])} to test"
    if len(clips) == 1 and len(clips[0].poses) == 1:
        return table, np.array([TRAIN], np.uint8), "one pose, to train"
    # The clips of a file are one take. A take of an unknown subject counts as a subject of its own, unless all are.
    takes = np.array([str(name).removesuffix(clip.part) for name, clip in zip(table.name, clips, strict=True)])
    if (table.subject != "").any() and how != "clips":
        return train_test_split(table, np.where(table.subject == "", takes, table.subject))
    return train_test_split(table, takes if any(clip.part for clip in clips) else None, "takes", how)


def _named(name: Path, clips: Sequence[Clip], table: Clips) -> np.ndarray:
    """Tell which clips (C,) a path, a file name, a clip's name or a subject's name means."""
    word = str(name)
    resolved = name.resolve() if os.path.exists(name) else None
    paths = [clip.path.resolve() for clip in clips]
    chosen = np.array([resolved == path or resolved in path.parents or word == path.name for path in paths])
    chosen |= (table.name == word) | (table.subject == word)
    if not chosen.any():
        known = {*map(str, table.name), *map(str, table.subject)} - {""}
        hint = did_you_mean(word, known) if len(known) <= 40 else "Name files, folders, clips or subjects."
        raise UsageError(f"No clip is {word!r}, which --test names.", hint)
    return chosen


def _found(clips: Sequence[Clip]) -> dict[str, Any]:
    """Count the skeletons, units, up axes and frame rates found in the files."""
    columns = {
        "skeleton": [clip.skeleton for clip in clips],
        "unit": [clip.unit for clip in clips],
        "up": [clip.up for clip in clips],
        "fps": [f"{clip.file_fps:g}" for clip in clips],
    }
    return {name: dict(sorted(Counter(values).items())) for name, values in columns.items()}


def _layouts(clips: Sequence[Clip]) -> dict[str, Any]:
    """Return where the joints of the layouts among the clips are, under "layouts"; nothing where there is none."""
    used = {clip.skeleton for clip in clips}
    layouts = {name: layout(name).mapping() for name in LAYOUTS if name in used}
    return {"layouts": layouts} if layouts else {}


def _found_in_each(clips: Sequence[Clip], table: Clips) -> dict[str, np.ndarray]:
    """Return the same as columns (rows,) of the clip table; clips may have been cut in two."""
    row = {clip.path.as_posix(): i for i, clip in enumerate(clips)}
    cut = [row[source] for source in table.source]
    columns = {
        "file_skeleton": np.array([clip.skeleton for clip in clips]),
        "file_unit": np.array([clip.unit for clip in clips]),
        "file_up": np.array([clip.up for clip in clips]),
        "file_fps": np.array([clip.file_fps for clip in clips], np.float32),
    }
    return {name: values[cut] for name, values in columns.items()}


def _told(clips: Sequence[Clip]) -> list[str]:
    """Return the clips' warnings, each once, after the first file that it is of and the number of others."""
    files: dict[str, list[str]] = {}
    for clip in clips:
        for warning in clip.warnings:
            files.setdefault(warning, []).append(clip.path.name)
    return [f"{_first_of(names)}: {warning}" for warning, names in files.items()]


def _first_of(names: Sequence[str]) -> str:
    others = len(names) - 1
    return names[0] + (f" and {others:,} other file{'s' * (others > 1)}" if others else "")


def _doubts(clips: Sequence[Clip]) -> list[str]:
    """Return sentences about clips that do not go together."""
    doubts = []
    skeletons = Counter(clip.skeleton for clip in clips)
    if len(skeletons) > 1:
        doubts.append(f"The files are of several skeletons ({_counted(skeletons)}); each was read as its own.")
    for skeleton in sorted(skeletons):
        units = Counter(clip.unit for clip in clips if clip.skeleton == skeleton)
        if len(units) > 1:
            doubts.append(f"The {skeleton} files are in several units ({_counted(units)}); each was read in its own.")
    stems = Counter(path.stem for path in {clip.path for clip in clips})
    twice = [stem for stem, count in stems.items() if count > 1]
    if twice:
        doubts.append(f"Several files are called {', '.join(twice[:8])}: perhaps the same take more than once.")
    return doubts


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def citations_of(clips: Sequence[Clip]) -> list[str]:
    """List the citations of the built-in skeletons among the clips."""
    used = {clip.skeleton for clip in clips}
    return [joints.citation for joints in built_in_maps() if joints.name in used]
