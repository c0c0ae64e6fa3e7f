"""Clips of frames, and the train and test split of clips that come without one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError

Split = Literal["subjects", "clips"]
"""What goes to test as a whole where nothing else says what is for test."""

_FIFTH = 5
# Shares of frames outside of these are no fifth.
_LEAST, _MOST = 1 / 10, 1 / 3


@dataclass
class Clips:
    """The clip table of frames in time order: row c covers frames start[c] to start[c] + length[c] - 1.

    Every column has C entries; together the clips cover all frames without a gap.
    """

    name: np.ndarray
    subject: np.ndarray
    action: np.ndarray
    fps: np.ndarray
    source: np.ndarray
    start: np.ndarray
    length: np.ndarray

    def rows(self) -> np.ndarray:
        """Return the clip (N,) int32 of each frame."""
        return np.repeat(np.arange(len(self.start), dtype=np.int32), self.length)

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns of the table by name."""
        return dict(self.__dict__)


def join(tables: list[Clips]) -> Clips:
    """Join several tables, whose frames follow each other."""
    columns = {key: np.concatenate([getattr(table, key) for table in tables]) for key in tables[0].columns()}
    columns["start"] = np.cumsum(columns["length"]) - columns["length"]
    return Clips(**columns)


def clip_order(clip: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return the order (N,) that groups frames by clip, clips by first appearance, frames by number."""
    _, first, index = np.unique(clip, return_index=True, return_inverse=True)
    appearance = np.argsort(np.argsort(first))[index]
    if (np.diff(appearance) >= 0).all():
        return np.arange(len(clip))
    return np.lexsort((np.arange(len(clip)), frame, appearance))


def clip_table(
    labels: Mapping[str, np.ndarray], table: Mapping[str, np.ndarray], defaults: Mapping[str, object], where: str
) -> Clips:
    """Build the clip table of N frames in time order: a clip begins where a label changes or the frame number falls.

    labels: `frame` (N,) and any of `clip`, `subject`, `action`, `split` (N,).
    table: columns (C,) of `Clips`, of which `clip` holds the rows; they come before the labels.
    defaults: `name`, `fps` and `source` of clips without them.
    """
    cuts = np.diff(labels["frame"]) <= 0
    for key in labels.keys() - {"frame"}:
        cuts |= labels[key][1:] != labels[key][:-1]
    start = np.concatenate([[0], np.flatnonzero(cuts) + 1])
    columns = {}
    for key in ("name", "subject", "action", "fps", "source"):
        label = "clip" if key == "name" else key
        if key in table:
            columns[key] = _looked_up(table[key], labels.get("clip"), start, f"clip_{key} of {where}")
        elif label in labels:
            columns[key] = labels[label][start]
        else:
            columns[key] = np.full(len(start), defaults.get(key, ""))
            if key == "name" and len(start) > 1:
                columns[key] = np.array([f"{defaults['name']}_{i}" for i in range(len(start))])
    fps = columns.pop("fps").astype(np.float32)
    if len(bad := fps[~(np.isfinite(fps) & (fps > 0))]):
        raise InvalidInputError(f"{where} gives a frame rate of {bad[0]:g}.", "Write frames a second, such as fps=30.")
    words = {key: as_text(column) for key, column in columns.items()}
    return Clips(**words, fps=fps, start=start, length=np.diff(start, append=len(labels["frame"])))


def _looked_up(column: np.ndarray, row: np.ndarray | None, start: np.ndarray, what: str) -> np.ndarray:
    if row is None or row.dtype.kind not in "iu":
        raise InvalidInputError(f"{what} has no rows to belong to.", "Save clip_start and clip_length, or clip_index.")
    rows = row[start]
    if column.ndim != 1 or rows.min() < 0 or rows.max() >= len(column):
        message = f"{what} has shape {column.shape}, but the frames name row {rows.max()}."
        raise InvalidInputError(message, "Give it one entry a clip.")
    return column[rows]


def cut_clips(
    clip: np.ndarray, table: Mapping[str, np.ndarray], cuts: np.ndarray, kept: np.ndarray | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the clip (n,) of each kept frame, and the table of the clips of which frames are left.

    clip (N,): of each frame; cuts (N,): where a clip begins anew, so that it gives several, the second called after the
    first, `-2` added; kept (N,): None for all frames.
    """
    kept = np.ones(len(clip), bool) if kept is None else kept
    piece = np.cumsum(np.diff(clip, prepend=clip[:1]) != 0) + np.cumsum(cuts)
    _, start, index, length = np.unique(piece[kept], return_index=True, return_inverse=True, return_counts=True)
    of = clip[kept][start]
    columns = {name: values[of] for name, values in table.items()}
    columns |= {"start": start.astype(np.int64), "length": length.astype(np.int64)}
    if "name" in columns:
        nth = np.arange(len(of)) - np.searchsorted(of, of) + 1
        names = zip(columns["name"], nth, strict=True)
        columns["name"] = np.array([str(name) if n == 1 else f"{name}-{n}" for name, n in names])
    return index.astype(np.int32), columns


def as_text(array: np.ndarray) -> np.ndarray:
    """Return the entries as strings; bytes are read as UTF-8."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array.astype(str)


def train_test_split(
    clips: Clips, groups: np.ndarray | None = None, called: str = "subjects", how: Split | None = None
) -> tuple[Clips, np.ndarray, str]:
    """Return (clips, split (N,) uint8, how) with about a fifth of the frames in test; the same for the same clips.

    Whole `groups` (C,), `called` so, go to test when there are several, which by default are the subjects, if all
    are known; else, and for how="clips", whole clips. Where that comes to less than a tenth of the frames or more than
    a third, as it does with two large clips, the last fifth of each clip goes to test, which is a clip of its own then.
    """
    if groups is None and all(clips.subject) and how != "clips":
        groups = clips.subject
    for what, names in ((called, groups), ("clips", clips.name)):
        if names is not None and len(set(names)) > 1:
            split = _groups_to_test(clips, names)
            if _LEAST <= (split == TEST).mean() <= _MOST or clips.length.max() == 1:
                return clips, split, f"whole {what} to test{_share(split)}"
    cut, split = _cut_last_fifths(clips)
    of = "each clip" if len(clips.start) > 1 else "the frames"
    return cut, split, f"the last fifth of {of} to test{_share(split)}"


def _share(split: np.ndarray) -> str:
    test = int((split == TEST).sum())
    return f", chosen by posectl: {test:,} of {len(split):,} frames, {100 * test / len(split):.0f} %"


def _groups_to_test(clips: Clips, groups: np.ndarray) -> np.ndarray:
    """Split (N,): groups of clips go to test in a pseudo-random order, as long as a fifth is not exceeded."""
    names, index = np.unique(groups, return_inverse=True)
    frames = np.bincount(index, weights=clips.length)
    room, chosen = frames.sum() / _FIFTH, []
    for group in sorted(range(len(names)), key=lambda g: zlib.crc32(str(names[g]).encode())):
        if frames[group] <= room:
            room -= frames[group]
            chosen.append(group)
    chosen = chosen or [int(frames.argmin())]
    return np.repeat(np.where(np.isin(index, chosen), TEST, TRAIN).astype(np.uint8), clips.length)


def _cut_last_fifths(clips: Clips) -> tuple[Clips, np.ndarray]:
    """Cut each clip of two frames or more in two; the second is called after the first, `-test` added."""
    test = np.where(clips.length > 1, np.maximum(1, clips.length // _FIFTH), 0)
    lengths = np.stack([clips.length - test, test], axis=1).ravel()
    there = lengths > 0
    columns = {key: np.repeat(column, 2)[there] for key, column in clips.columns().items()}
    in_test = np.tile([False, True], len(clips.start))[there]
    columns["name"] = np.where(in_test, np.char.add(columns["name"], "-test"), columns["name"])
    columns["length"] = lengths[there]
    columns["start"] = np.cumsum(columns["length"]) - columns["length"]
    return Clips(**columns), np.repeat(np.where(in_test, TEST, TRAIN).astype(np.uint8), columns["length"])
