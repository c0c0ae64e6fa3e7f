"""Takes that jump or freeze: poses that are elsewhere for a moment, or for good, and frames that repeat exactly."""

from __future__ import annotations

import numpy as np

from posectl.data.dataset import Dataset

# Real bodies, breakdance included, move by up to 6 m/s about the pelvis, as the mean over joints, and pelvises by as
# much; no joint goes anywhere and back within two frames. Nothing is said of frames that are no motion, such as
# shuffled ones, or of one at a lower rate than is stated: their joints usually turn by more than `_DENSE`.
_SPEED, _STEP, _SPIKE, _BACK, _RATIO, _DENSE = 10.0, 0.2, 300.0, 0.3, 6.0, 0.1
_GLITCH_SECONDS, _FROZEN = 0.5, 5
_AT_ONCE = 1 << 15


def find_jumps(dataset: Dataset, clip: np.ndarray, sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return masks (N,) of frames to which poses jump and from which they jump back, and of those to which they jump
    for good.

    clip: (N,), of each frame; sound: the mask of the frames that are looked at. None is found where no frame rate is
    known.
    """
    glitch, cuts = np.zeros(len(clip), bool), np.zeros(len(clip), bool)
    rows = np.flatnonzero(sound)
    if "fps" not in dataset.per_clip or len(rows) < 3:
        return glitch, cuts
    poses, time = dataset.samples, _seconds(dataset, clip)[rows]
    step, turn, back = _steps(poses, dataset.per_sample.get("root"), rows)
    clip, span = clip[rows], np.diff(time)
    within = clip[1:] == clip[:-1]
    usual_step, usual_turn = median_by_clip(step, clip[1:]), median_by_clip(turn, clip[1:-1])
    dense = usual_turn < _DENSE
    longest = np.maximum(np.maximum(_SPEED * span, _STEP), _RATIO * usual_step)
    sharpest = np.maximum(np.maximum(_SPIKE * np.maximum(span[1:], span[:-1]) ** 2, _BACK), _RATIO * usual_turn)
    glitch[rows[1:-1]] = within[1:] & within[:-1] & dense & (turn > sharpest) & (back < turn / 4)
    pending = None  # a jump that may yet be undone
    for jump in [*np.flatnonzero(within & np.append(dense, dense[-1]) & (step > longest)), None]:
        if pending is not None:
            before, first, after = rows[pending], rows[pending + 1], rows[-1 if jump is None else jump + 1]
            soon = jump is not None and within[pending:jump].all() and time[jump] - time[pending] <= _GLITCH_SECONDS
            if soon and np.linalg.norm(poses[after] - poses[before], axis=-1).mean() < longest[pending]:
                glitch[first:after] = sound[first:after]
                pending = None
                continue
            cuts[first] = True
        pending = jump
    return glitch, cuts & ~glitch


def find_frozen(poses: np.ndarray, clip: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """Return the mask (N,) of frames that repeat the one before exactly, many in a row."""
    same = np.zeros(len(poses) + 1, bool)
    for start in range(1, len(poses), _AT_ONCE):
        stop = min(start + _AT_ONCE, len(poses))
        same[start:stop] = (poses[start:stop] == poses[start - 1 : stop - 1]).all(axis=(1, 2))
    same[1:-1] &= (clip[1:] == clip[:-1]) & sound[1:]
    edges = np.flatnonzero(np.diff(same.astype(np.int8), prepend=0))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        same[start:stop] = stop - start >= _FROZEN
    return same[:-1]


def median_by_clip(values: np.ndarray, clip: np.ndarray) -> np.ndarray:
    """Return for each value the (lower) median over its clip."""
    order = np.lexsort((values, clip))
    _, start, count = np.unique(clip[order], return_index=True, return_counts=True)
    medians = np.empty(len(values))
    medians[order] = np.repeat(values[order][start + (count - 1) // 2], count)
    return medians


def _seconds(dataset: Dataset, clip: np.ndarray) -> np.ndarray:
    """Return the time (N,) of each frame, by its number in its file where that is known."""
    frame = dataset.per_sample.get("frame", np.arange(len(clip)))
    gap = np.ones(len(clip))
    gap[1:] = np.where(clip[1:] == clip[:-1], np.maximum(np.diff(frame), 1), 1)
    usual = np.maximum(median_by_clip(gap, clip), 1)
    return np.cumsum(gap / usual / dataset.per_clip["fps"][clip].astype(np.float64))


def _steps(poses: np.ndarray, root: np.ndarray | None, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far n poses move: step (n - 1,), turn (n - 2,) and back (n - 2,), all in metres.

    step: from frame to frame, as the mean over joints, or half the pelvis's if that is more; turn: the joint's that
    leaves the mean of the frames beside it farthest, twice as far; back: the farthest joint's between these.
    """
    steps, turns, backs = [], [], []
    for start in range(0, len(rows) - 2, _AT_ONCE):
        part = rows[start : start + _AT_ONCE + 2]
        x = poses[part]
        step = lengths(x[1:] - x[:-1]).mean(axis=1)
        if root is not None:
            step = np.maximum(step, lengths(np.diff(root[part], axis=0)) / 2)
        steps.append(step if start + len(part) == len(rows) else step[:-1])
        turns.append(lengths(x[2:] - 2 * x[1:-1] + x[:-2]).max(axis=1))
        backs.append(lengths(x[2:] - x[:-2]).max(axis=1))
    return np.concatenate(steps), np.concatenate(turns), np.concatenate(backs)


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths (...) of vectors (..., 3)."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
