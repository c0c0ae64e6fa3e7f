"""Drawings of images: rows of interpolations, blocks, tiles, or animations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from posectl.core.latent.paths import WHOLE, Span
from posectl.errors import InvalidInputError, UsageError
from posectl.render.animation import draw_animation
from posectl.render.blocks import draw_blocks
from posectl.render.page import Page
from posectl.render.rows import draw_rows
from posectl.stages.artifacts.formats import format_of
from posectl.stages.drawing.along import common_span, evenly, on_frames, over_columns
from posectl.stages.drawing.drawings import drawing
from posectl.stages.drawing.pictures import Pictures, corners, distinct_labels, pictures_of
from posectl.stages.drawing.subject import Subject
from posectl.stages.evaluation import baselines
from posectl.stages.evaluation.factors import Ends
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run

CROSSFADE = "cross-fade"
COLUMNS, ROWS = 16, 6
# Parts of the size of an animation's panel.
TILE, BLOCK_TILE = 0.3, 0.2


@drawing("images")
def draw_images(run: Run, subjects: Sequence[Subject], options: RenderOptions, animated: bool) -> np.ndarray | Page:
    """Draw images: rows of interpolations, blocks, tiles, or animations."""
    if options.turntable:
        raise UsageError("Images have no other side to turn.", "Leave --turntable out.")
    most = (options.most or ROWS) * (options.columns or COLUMNS)
    for subject in subjects:
        if subject.artifact is None:
            format_of(subject.kind).refuse(subject.said, subject.name)
    found = [pictures_of(run, subject, most=most, shape=options.shape) for subject in subjects]
    names = [subject.name for subject in subjects]
    labels = options.labels or distinct_labels([each.label for each in found], names)
    return lay_out(
        run, found, labels, columns=options.columns, most=options.most, size=options.size, crossfade=options.crossfade,
        animated=animated,
    )  # fmt: skip


def lay_out(
    run: Run, found: Sequence[Pictures], labels: Sequence[str], *, columns: int, most: int, size: int,
    crossfade: bool | None, animated: bool,
) -> np.ndarray | Page:  # fmt: skip
    """Return one picture, or the frames (T, H, W, 3) of an animation.

    Blocks stand side by side; of paths, the first of every subject, then the second, each time under the pixel
    cross-fade between the first subject's ends; single images fill rows. columns, most 0: the default number. crossfade
    None: beside paths, not beside blocks. Raises InvalidInputError for subjects that share no picture, UsageError for
    an animation of single images.
    """
    moving = {each.moving for each in found}
    if len(moving) > 1:
        raise InvalidInputError("One picture cannot show paths and single images.", "Draw them one by one.")
    if any(each.block for each in found) and not animated:
        return _blocks(found, labels, round(BLOCK_TILE * size), bool(crossfade))
    if moving == {False}:
        if animated:
            raise UsageError("Single images do not move.", "Draw them as a .png, or make paths: posectl interpolate.")
        return _tiles(found, labels, columns or COLUMNS, most or ROWS, round(TILE * size))
    beside = crossfade if crossfade is not None else not any(each.block for each in found)
    if beside and found[0].images.shape[1] > 1:
        found, labels = [_crossfaded(found[0]), *found], [CROSSFADE, *labels]
    if animated:
        return _animation(found, labels, most or max(len(each.images) if each.block else 1 for each in found), size)
    return _rows(run, found, labels, columns or COLUMNS, most or max(1, ROWS // len(found)), round(TILE * size))


def _crossfade(ends: np.ndarray, steps: int, span: Span = WHOLE) -> np.ndarray:
    """Return paths (B, steps, C, H, W) that fade between ends (B, 2, C, H, W), or over another span of alpha."""
    return baselines.crossfade(Ends(torch.from_numpy(ends)), steps, span).numpy()


def _crossfaded(paths: Pictures) -> Pictures:
    """Return the cross-fade between the same ends, in as many steps."""
    assert paths.ends is not None
    # A row of a block has its own ends; the block's are its corners.
    ends = paths.images[:, [0, -1]] if paths.block else paths.ends
    own = np.array_equal(ends, paths.images[:, [0, -1]])  # then they are at the ends of the span, not at 0 and 1
    faded = _crossfade(ends, paths.images.shape[1], WHOLE if own else paths.span)
    return Pictures(CROSSFADE, faded, ends, span=paths.span)


def _crossfaded_block(block: Pictures) -> np.ndarray:
    """Return the block (n, n, C, H, W) of pixels that fade between the same corners: first its edges, then its rows."""
    ends = block.ends if block.block else corners(block.images)
    assert ends is not None
    rows, columns = block.images.shape[:2]
    return _crossfade(_crossfade(ends, rows).swapaxes(0, 1), columns)


def _blocks(found: Sequence[Pictures], labels: Sequence[str], size: int, crossfade: bool) -> Page:
    blocks, titles = [each.images for each in found], list(labels)
    if crossfade:
        blocks, titles = [_crossfaded_block(found[0]), *blocks], [CROSSFADE, *titles]
    return draw_blocks(blocks, titles=titles, size=size)


def _tiles(found: Sequence[Pictures], labels: Sequence[str], columns: int, most: int, size: int) -> Page:
    rows: list[np.ndarray] = []
    names: list[str] = []
    begins: list[int] = []
    for label, each in zip(labels, found, strict=True):
        begins.append(len(rows))
        rows += [each.images[i : i + columns] for i in range(0, len(each.images), columns)][:most]
        names += [label, *[""] * (len(rows) - len(names) - 1)]
    return draw_rows(rows, row_labels=names if len(found) > 1 else (), begins=begins, size=size)


def _rows(run: Run, found: Sequence[Pictures], labels: Sequence[str], columns: int, most: int, size: int) -> Page:
    steps = [each.images.shape[1] for each in found]
    shown = min(columns, *steps)
    if shown < max(steps):
        run.tell(f"{shown} of {max(steps)} steps are shown; --columns shows more.")
    taken, span = [evenly(count, shown) for count in steps], common_span(each.span for each in found)
    count = min(most, *(len(each.images) for each in found))
    rows = [each.images[path, steps] for path in range(count) for each, steps in zip(found, taken, strict=True)]
    return draw_rows(
        rows,
        row_labels=list(labels) * count,
        column_labels=over_columns(steps[0], taken[0], span) if span else [],
        begins=range(0, len(rows), len(found)),
        size=size,
    )


def _animation(found: Sequence[Pictures], labels: Sequence[str], most: int, size: int) -> np.ndarray:
    frames = max(each.images.shape[1] for each in found)
    count = min(most, *(len(each.images) for each in found))
    sequences = [each.images[path, evenly(each.images.shape[1], frames)] for path in range(count) for each in found]
    span = common_span(each.span for each in found)
    captions = on_frames(frames, span) if span else []
    return draw_animation(sequences, labels=list(labels) * count, captions=captions, size=size)
