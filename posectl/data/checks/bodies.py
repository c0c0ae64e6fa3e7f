"""Frames that no body can be in: by the lengths of bones, and by how poses move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posectl.data.checks.jumps import find_frozen, find_jumps, lengths, median_by_clip
from posectl.data.dataset import Dataset
from posectl.data.poses import finite_frames
from posectl.data.skeleton import H36M17

# The bones by the joints that they end at; those of the limbs are as stiff in a recording as in a body.
BONES = {
    "RHip": "right hip", "RKnee": "right thigh", "RFoot": "right shin", "LHip": "left hip", "LKnee": "left thigh",
    "LFoot": "left shin", "Spine": "lower spine", "Thorax": "upper spine", "Neck/Nose": "neck", "Head": "head",
    "LShoulder": "left shoulder", "LElbow": "left upper arm", "LWrist": "left forearm", "RShoulder": "right shoulder",
    "RElbow": "right upper arm", "RWrist": "right forearm",
}  # fmt: skip
NAMES = [BONES[H36M17.joints[child]] for _, child in H36M17.bones]
LIMBS = np.array([name.endswith(("thigh", "shin", "arm")) for name in NAMES])

# What is wrong with a frame, in words; the first counts.
REASONS = {
    "missing": "with NaN or infinity", "point": "with all joints in one point", "origin": "with joints at the origin",
    "long": "with bones longer than any body's", "short": "with bones of hardly any length",
    "glitch": "of a jump and back", "frozen": "of a frozen take",
}  # fmt: skip

_POINT, _AT_ORIGIN = 1e-3, 1e-5  # metres
# Times the usual length. Real motion capture, of 100 people in several skeletons and in one file, keeps its limbs in
# 0.78 to 1.17 and all else in 0.37 to 1.64.
_SHORT, _LONG = np.where(LIMBS, 0.5, 0.05), np.where(LIMBS, 2.0, 2.5)
_SIZE = (0.4, 2.5)
_ENOUGH = 1 << 15  # frames, evenly spaced, whose median is that of all


@dataclass
class BadFrames:
    """The frames of a dataset that no body can be in, by what is wrong with them; every mask is (N,).

    missing: NaN or infinite; point: all joints in one place; origin: joints at the origin that are elsewhere as a rule;
    long, short: bones several times as long as usual, or of hardly any length; glitch: places to which poses jump and
    from which they jump back; frozen: exact repeats of the frame before, many in a row. cuts: those to which poses jump
    for good, which are not bad in themselves. lengths (N, bones): of the bones, metres; usual (N, bones): of those of a
    body of the frame's size.
    """

    missing: np.ndarray
    point: np.ndarray
    origin: np.ndarray
    long: np.ndarray
    short: np.ndarray
    glitch: np.ndarray
    frozen: np.ndarray
    cuts: np.ndarray
    lengths: np.ndarray
    usual: np.ndarray

    def record(self) -> dict[str, Any]:
        """Return, as JSON has it, how many frames there are, and by what is wrong with any of them the [first, last] of
        every run of such frames."""
        masks = {name: mask for name in REASONS if (mask := getattr(self, name)).any()}
        return {"frames": len(self.missing), **{name: _runs(mask) for name, mask in masks.items()}}

    def any(self) -> np.ndarray:
        """Return the mask of the frames with which anything is wrong."""
        masks = [getattr(self, name) for name in REASONS]
        return np.asarray(np.stack(masks).any(axis=0))

    def strangest(self, frame: int) -> str:
        """Tell the bone of a frame that is farthest from its usual length."""
        length, usual = 1000 * self.lengths[frame], 1000 * self.usual[frame]
        bone = int(np.argmax(np.abs(np.log(np.maximum(length, 1) / np.maximum(usual, 1)))))
        return f"{NAMES[bone]} {length[bone]:,.0f} mm, usually {usual[bone]:,.0f}"


def describe(record: Mapping[str, Any]) -> str:
    """Tell what `BadFrames.record` returned: "4 of 40 frames (4 with bones longer than any body's)"."""
    runs = {words: record[name] for name, words in REASONS.items() if name in record}
    counts = {words: sum(last - first + 1 for first, last in each) for words, each in runs.items()}
    listed = ", ".join(f"{count:,} {words}" for words, count in counts.items())
    return f"{sum(counts.values()):,} of {record['frames']:,} frames" + (f" ({listed})" if listed else "")


def _runs(mask: np.ndarray) -> list[list[int]]:
    """Return the runs of True in a mask as [first, last]."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [[int(start), int(stop) - 1] for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def find_bad(dataset: Dataset) -> BadFrames:
    """Find the frames of a dataset of poses that no body can be in."""
    poses = dataset.samples
    clip = dataset.per_sample.get("clip", np.zeros(len(poses), np.int32))
    missing = ~finite_frames(poses)
    if "root" in dataset.per_sample:
        missing |= ~np.isfinite(dataset.per_sample["root"]).all(axis=1)
    if missing.any():
        poses = np.where(missing[:, None, None], 0, poses)
    lengths = H36M17.bone_lengths(poses)
    point = ~missing & (lengths.max(axis=1) < _POINT)
    sound = ~(missing | point)
    origin = sound & _at_origin(poses, dataset.per_sample.get("root"), sound)
    long, short, usual = _odd_bones(lengths, clip, sound)
    glitch, cuts = find_jumps(dataset, clip, sound & ~(origin | long | short))
    frozen = find_frozen(poses, clip, sound)
    masks, taken = {}, np.zeros(len(poses), bool)
    for reason, mask in zip(REASONS, (missing, point, origin, long, short, glitch, frozen), strict=True):
        masks[reason] = mask & ~taken
        taken |= mask
    return BadFrames(**masks, cuts=cuts, lengths=lengths, usual=usual)


def _at_origin(poses: np.ndarray, root: np.ndarray | None, sound: np.ndarray) -> np.ndarray:
    """Tell which frames have a joint at the pelvis or, where `root` says it, at the world's origin, unlike most."""
    at = lengths(poses[:, 1:]) < _AT_ORIGIN
    if root is not None:
        at |= lengths(poses[:, 1:] + root[:, None]) < _AT_ORIGIN
    seldom = at.sum(axis=0) < sound.sum() / 2
    return np.asarray(at[:, seldom].any(axis=1))


def _odd_bones(lengths: np.ndarray, clip: np.ndarray, sound: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return masks (N,) of frames with bones too long and too short, and the usual lengths (N, bones) in each frame.

    The usual length is the median over all frames, in the frame's own size, which may differ within a clip by as much
    as a grown-up's from a child's. Bones that are of no length as a rule do not count.
    """
    none = np.zeros(len(lengths), bool)
    some = lengths[sound][:: 1 + len(lengths) // _ENOUGH]
    median = np.median(some, axis=0) if sound.any() else np.zeros(lengths.shape[1])
    counted = median > _POINT
    if not counted.any():
        return none, none, np.zeros_like(lengths)
    size = np.median(lengths[:, counted] / median[counted], axis=1)
    usual = np.maximum(size, 1e-6)[:, None] * median
    ratio = np.where(counted, lengths, 1) / np.where(counted, usual, 1)
    relative = np.ones(len(size))
    relative[sound] = size[sound] / np.maximum(median_by_clip(size[sound], clip[sound]), 1e-6)
    long = sound & ((ratio > _LONG).any(axis=1) | (relative > _SIZE[1]))
    return long, sound & ((ratio < _SHORT).any(axis=1) | (relative < _SIZE[0])), usual
