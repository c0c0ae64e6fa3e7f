"""Drawings of point clouds: rows of interpolations, blocks, sums, sheets by class, and turntables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.animation import draw_animation
from posectl.render.blocks import draw_blocks
from posectl.render.camera import spin
from posectl.render.cloud import CloudView
from posectl.render.page import Page
from posectl.render.rows import draw_rows
from posectl.render.scene import TURN
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import format_of
from posectl.stages.comparison.scores import label
from posectl.stages.drawing.along import evenly, on_frames, over_columns
from posectl.stages.drawing.drawings import drawing
from posectl.stages.drawing.pictures import distinct_labels
from posectl.stages.drawing.subject import Subject
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run
from posectl.store import Artifact

COLUMNS, ROWS, PANELS = 8, 6, 4
TILE = 0.4  # of the size of an animation's panel


@dataclass(frozen=True)
class _Shown:
    """The clouds of a subject in rows (K, P, 3). names: of the rows, where they are classes; above: what is written
    over the columns; moving: whether rows are paths; block: whether they are the rows of a block; up: the vertical."""

    label: str
    rows: Sequence[np.ndarray]
    names: Sequence[str] = ()
    above: Sequence[str] = ()
    moving: bool = False
    block: bool = False
    up: str = "+z"


@drawing("clouds")
def draw_clouds(run: Run, subjects: Sequence[Subject], options: RenderOptions, animated: bool) -> np.ndarray | Page:
    """Draw clouds: paths as rows, or moving; blocks; a sum behind its terms; single clouds in rows, those of a dataset
    by their classes, or turning."""
    found = [_shown(run, subject, options) for subject in subjects]
    for what, kinds in (("paths and single clouds", "moving"), ("clouds of unlike verticals", "up")):
        if len({getattr(each, kinds) for each in found}) > 1:
            raise InvalidInputError(f"One picture cannot show {what}.", "Draw them one by one.")
    labels = options.labels or distinct_labels([each.label for each in found], [each.name for each in subjects])
    found = [replace(each, label=name) for each, name in zip(found, labels, strict=True)]
    if animated:
        return _film(found, options)
    size = round(TILE * options.size)
    if all(each.block for each in found):
        return _blocks(found, size)
    return _rows(run, found, options, size)


def _rows(run: Run, found: Sequence[_Shown], options: RenderOptions, size: int) -> Page:
    """Set out rows: of paths the first of every subject, then the second; else one subject below the other."""
    moving, subjects = found[0].moving, range(len(found))
    most = options.most or (max(1, ROWS // len(found)) if moving else ROWS)
    counts = [min(most, len(each.rows)) for each in found]
    if moving:
        order = [(i, row) for row in range(min(counts)) for i in subjects]
    else:
        order = [(i, row) for i in subjects for row in range(counts[i])]
    rows = [found[i].rows[row] for i, row in order]
    above = max((each.above for each in found), key=len)
    if moving:
        steps = [len(row) for row in rows]
        shown = min(options.columns or COLUMNS, *steps)
        if shown < max(steps):
            run.tell(f"{shown} of {max(steps)} steps are shown; --columns shows more.")
        above = over_columns(steps[0], evenly(steps[0], shown))
        rows = [row[evenly(len(row), shown)] for row in rows]
    view = CloudView(rows, up=found[0].up, size=size)
    tiles = [_stills(view, clouds, _colour(found, *at)) for clouds, at in zip(rows, order, strict=True)]
    names = [_name(found, *at) for at in order]
    begins = [n for n, (i, row) in enumerate(order) if (i if moving else row) == 0]
    return draw_rows(tiles, row_labels=names if any(names) else (), column_labels=above, begins=begins, size=size)


def _blocks(found: Sequence[_Shown], size: int) -> Page:
    blocks = [np.stack(each.rows) for each in found]
    view = CloudView([block.reshape(-1, *block.shape[2:]) for block in blocks], up=found[0].up, size=size)
    pictures = [np.stack([_stills(view, row, _colour(found, i, 0)) for row in block]) for i, block in enumerate(blocks)]
    return draw_blocks(pictures, titles=[each.label for each in found], size=size)


def _film(found: Sequence[_Shown], options: RenderOptions) -> np.ndarray:
    """Draw paths that move, turning too if asked; or single clouds that turn once round."""
    moving = found[0].moving
    most = options.most or (1 if moving else max(1, PANELS // len(found)))
    clips = [(i, row, clouds) for i, each in enumerate(found) for row, clouds in _clips(each)[:most]]
    frames = max(len(clouds) for _, _, clouds in clips) if moving else TURN
    turning = options.turntable or not moving
    turns = spin(np.linspace(0, 360 * turning, frames, endpoint=False))
    view = CloudView([clouds for _, _, clouds in clips], up=found[0].up, size=options.size, turning=turning)
    sequences = []
    for i, row, clouds in clips:
        surfaces = [view.surface(cloud) for cloud in clouds]
        now = [surfaces[t].turned(turn) for t, turn in zip(evenly(len(surfaces), frames), turns, strict=True)]
        sequences.append(np.stack([view.draw(each, _colour(found, i, row)) for each in now]))
    names = [_name(found, i, row) for i, row, _ in clips]
    captions = on_frames(frames) if moving else ()
    return draw_animation(sequences, labels=names if any(names) else (), captions=captions, size=options.size)


def _clips(each: _Shown) -> list[tuple[int, np.ndarray]]:
    """Return the row of each path with its clouds (T, P, 3); or of single clouds (1, P, 3), one of each row first."""
    if each.moving:
        return list(enumerate(each.rows))
    columns = range(max(map(len, each.rows)))
    return [(row, some[c : c + 1]) for c in columns for row, some in enumerate(each.rows) if c < len(some)]


def _stills(view: CloudView, clouds: np.ndarray, colour: theme.Colour) -> np.ndarray:
    return np.stack([view.draw(view.surface(cloud), colour) for cloud in clouds])


def rows_of_clouds(rows: Sequence[np.ndarray], up: str, size: int) -> list[np.ndarray]:
    """Draw rows of clouds (K, P, 3), each row in a colour of its own: tiles (K, size, size, 3) uint8 of each."""
    view = CloudView(rows, up=up, size=size)
    return [_stills(view, clouds, _cycle(i)) for i, clouds in enumerate(rows)]


def _colour(found: Sequence[_Shown], subject: int, row: int) -> theme.Colour:
    """Return the colour of a class, or of a subject."""
    return _cycle(row if found[subject].names else subject)


def _cycle(number: int) -> theme.Colour:
    name = theme.CYCLE[number % len(theme.CYCLE)]
    return int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16)


def _name(found: Sequence[_Shown], subject: int, row: int) -> str:
    """Return what stands before a row: its class, or its subject, where there are several or a model made it."""
    each = found[subject]
    if each.names:
        return each.names[row]
    return each.label if each.moving or (row == 0 and len(found) > 1) else ""


def _shown(run: Run, subject: Subject, options: RenderOptions) -> _Shown:
    """Read the clouds of a subject: `ref#3` is its path or cloud 3."""
    artifact, columns = subject.artifact, options.columns or COLUMNS
    count = (options.most or ROWS) * columns
    if artifact is None:
        taken = format_of(subject.kind).take(subject.arrays, subject.name, subject.said, options.shape).array
        return _Shown(
            subject.name, list(taken) if taken.ndim == 4 else _packed(taken[:count], columns), moving=taken.ndim == 4
        )
    if artifact.kind == "dataset":
        return _of_dataset(subject, StoredDataset(artifact), count, columns)
    up, name = read_about(artifact, DecodedAbout).samples.up or "+z", label(run, artifact)
    if artifact.kind == "paths":
        rows = slice(None) if subject.grid or subject.sample is None else subject.row
        return _Shown(name, list(artifact.read("paths", rows=rows)), moving=True, block=bool(subject.grid), up=up)
    if subject.sample is None and artifact.has("terms"):
        return replace(_of_sum(artifact), label=name, up=up)
    rows = slice(0, count) if subject.sample is None else subject.row
    return _Shown(name, _packed(artifact.read("samples", rows=rows), columns), up=up)


def _of_dataset(subject: Subject, dataset: StoredDataset, count: int, columns: int) -> _Shown:
    """Return the named cloud, or some spread evenly: a class a row where classes are known."""
    up = dataset.about.up or "+z"
    if subject.sample is not None:
        return _Shown(subject.name, [dataset.artifact.read("samples", rows=subject.row)], up=up)
    if not (dataset.about.classes and dataset.artifact.has("label")):
        chosen = evenly(len(dataset.samples), min(count, len(dataset.samples)))
        return _Shown(subject.name, _packed(dataset.samples[chosen], columns), up=up)
    known, rows, names = dataset.known("label"), [], []
    for number in np.unique(known).tolist():
        of_class = np.flatnonzero(known == number)
        rows.append(dataset.samples[of_class[evenly(len(of_class), min(columns, len(of_class)))]])
        given = dataset.about.class_names
        names.append(given[number] if number < len(given) else str(number))
    return _Shown(subject.name, rows, names=names, up=up)


def _of_sum(artifact: Artifact) -> _Shown:
    """Return the terms of a sum of codes and what it decodes to, as one row (Zamorski et al., Fig. 22)."""
    above: list[str] = []
    for term in read_about(artifact, DecodedAbout).inputs:
        sign = "− " if term.get("sign", 1.0) < 0 else "+ " if above else ""
        above.append(sign + (f"#{term['sample']}" if "sample" in term else term.get("file", "")))
    row = np.concatenate([artifact.read("terms"), artifact.read("samples")])
    return _Shown("", [row], above=[*above, "="])


def _packed(clouds: np.ndarray, columns: int) -> list[np.ndarray]:
    """Lay out single clouds, so many a row."""
    return [clouds[i : i + columns] for i in range(0, len(clouds), columns)]
