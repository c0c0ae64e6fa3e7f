"""Clips of frames, and the train and test split of clips that come without one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError

_FIFTH = 5


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


def as_text(array: np.ndarray) -> np.ndarray:
    """Return the entries as strings; bytes are read as UTF-8."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array.astype(str)


def train_test_split(clips: Clips) -> tuple[Clips, np.ndarray, str]:
    """Return (clips, split (N,) uint8, how) with about a fifth of the frames in test; the same for the same clips.

    Whole subjects go to test when there are several, else whole clips; one clip alone is cut in two, its last fifth for
    test.
    """
    if len(set(clips.subject)) > 1 and all(clips.subject):
        return clips, _groups_to_test(clips, clips.subject), "whole subjects, about a fifth, chosen by posectl"
    if len(clips.start) > 1:
        return clips, _groups_to_test(clips, clips.name), "whole clips, about a fifth, chosen by posectl"
    clips = _cut_last_fifth(clips)
    split = np.repeat(np.array([TRAIN, TEST], np.uint8), clips.length)
    return clips, split, "the last fifth of the frames, chosen by posectl"


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


def _cut_last_fifth(clips: Clips) -> Clips:
    """Cut one clip of at least two frames in two; the second is called after the first, `-test` added."""
    frames = int(clips.length[0])
    test = max(1, frames // _FIFTH)
    columns = {key: np.repeat(column, 2) for key, column in clips.columns().items()}
    columns["name"] = np.array([clips.name[0], f"{clips.name[0]}-test"])
    columns["start"], columns["length"] = np.array([0, frames - test]), np.array([frames - test, test])
    return Clips(**columns)
