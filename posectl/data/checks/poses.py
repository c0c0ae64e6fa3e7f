"""Checks of poses: joints, unit, up axis, bones, sides, and frames that no body can be in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from posectl.data.checks import check_of, clip_of
from posectl.data.checks.bodies import LIMBS, NAMES, BadFrames, find_bad
from posectl.data.dataset import Dataset
from posectl.data.poses import find_up, thigh_length
from posectl.data.report import Report
from posectl.data.skeleton import H36M17
from posectl.printable import listed

# Pairs of bones by the joints that they end at, left and right; then the bones in the middle.
_PAIRS = {
    "hip": ("LHip", "RHip"),
    "thigh": ("LKnee", "RKnee"),
    "shin": ("LFoot", "RFoot"),
    "shoulder": ("LShoulder", "RShoulder"),
    "upper arm": ("LElbow", "RElbow"),
    "forearm": ("LWrist", "RWrist"),
}
_MIDDLE = {"lower spine": "Spine", "upper spine": "Thorax", "neck": "Neck/Nose", "head": "Head"}
_JOINT = {name: joint for joint, name in enumerate(H36M17.joints)}
_BONE = {H36M17.joints[child]: bone for bone, (_, child) in enumerate(H36M17.bones)}

_UNEVEN = 0.10
_SEVERAL, _UNEVEN_FEW = 20, 0.25  # of fewer poses than so many, the median is still one of a noisy joint
# The spread of a limb's bone over that of a body of the frame's size, and how far frames are off that are counted. Real
# motion capture of 100 people in one file spreads by 0.08 at most.
_SPREAD, _OFF = 0.15, 0.3
_THIGH = (0.3, 0.6)
_BACKWARDS, _UPRIGHT = -0.05, 0.5


@check_of("poses")
def check_poses(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Report unit, up axis, joints and bones, sides and travel of poses; `finite` (N,) tells those without NaN."""
    _frame_of_reference(report, dataset, dataset.samples[finite])
    bad = find_bad(dataset)
    _bones(report, dataset, finite, bad.lengths)
    _sides(report, dataset, finite)
    _travel(report, dataset)
    warn_of_bad(report, bad)
    report.bad = bad.record() if bad.any().any() else {}
    _spread(report, bad)


def doubts(poses: np.ndarray, up: str, *, real: bool) -> list[str]:
    """Return what `check_poses` warns of in poses from outside (..., 17, 3) whose vertical is `up`.

    real: whether they are recorded; what a model makes of poses, the way between two of them, say, may well have bones
    that are too short. Where their pelvises are, the caller knows better.
    """
    samples = poses.reshape(-1, *poses.shape[-2:]).astype(np.float32, copy=False)
    samples = samples - samples[:, :1]
    dataset, report = Dataset(samples, np.zeros(len(samples), np.uint8), about={"up": up}), Report()
    finite, bad = np.ones(len(samples), bool), find_bad(dataset)
    _frame_of_reference(report, dataset, samples)
    _bones(report, dataset, finite, bad.lengths, _UNEVEN if len(samples) >= _SEVERAL else _UNEVEN_FEW)
    _sides(report, dataset, finite)
    warn_of_bad(report, bad if real else replace(bad, short=~finite))
    if real:
        _spread(report, bad)
    return report.warnings


def warn_of_bad(report: Report, bad: BadFrames) -> None:
    """Warn of frames that no body can be in, with their number and the first; repeats are every kind's to warn of."""

    def warn(what: str, mask: np.ndarray, more: Callable[[int], str] = lambda frame: "") -> None:
        if mask.any():
            first = int(mask.argmax())
            report.warn(f"Frames {what}: {mask.sum():,}, the first at index {first:,}{more(first)}.")

    warn("with all joints in one point", bad.point)
    warn("with joints at the origin", bad.origin)
    warn("with bones longer than any body's", bad.long, lambda frame: f" ({bad.strangest(frame)})")
    warn("with bones of hardly any length", bad.short, lambda frame: f" ({bad.strangest(frame)})")
    warn("to which poses jump, and from which they jump back", bad.glitch)
    warn("to which poses jump for good, as where one take ends and another begins", bad.cuts)


def _spread(report: Report, bad: BadFrames) -> None:
    """Warn of the limb's bone whose length spreads most, where no skeleton's does; frames that are bad apart."""
    rows = np.flatnonzero(~bad.any())
    usual = bad.usual[np.ix_(rows, LIMBS)]
    if not usual.size or usual.min() <= 0:
        return
    ratio = bad.lengths[np.ix_(rows, LIMBS)] / usual
    spread = ratio.std(axis=0, dtype=np.float64)
    worst = int(spread.argmax())
    if spread[worst] > _SPREAD:
        off = np.abs(ratio[:, worst] - 1) > _OFF
        report.warn(
            f"The length of the {np.array(NAMES)[LIMBS][worst]} spreads by {100 * spread[worst]:.0f} %, as no bone's "
            f"does; frames where it is {100 * _OFF:.0f} % off: {off.sum():,}, the first at index "
            f"{rows[off.argmax()]:,}."
        )


def _frame_of_reference(report: Report, dataset: Dataset, poses: np.ndarray) -> None:
    declared = {"unit": "m", "up": "+z", "coordinates": "world", **dataset.about}
    up, strength = find_up(poses)
    report.row("joints", f"{len(H36M17.joints)}, {H36M17.name}: {' '.join(H36M17.joints)}")
    for name, places in declared.get("layouts", {}).items():
        report.row(f"from {name}", "; ".join(f"{joint} {place}" for joint, place in places.items()))
    report.row("unit", declared["unit"])
    report.row("up", f"{declared['up']}; thoraxes lie along {up} from their pelvises, {strength:.2f} of 1")
    report.row("coordinates", declared["coordinates"])
    if up != declared["up"] and strength >= _UPRIGHT:
        report.warn(f"Up should be {declared['up']}, but thoraxes lie along {up} from their pelvises.")
    if np.abs(poses[:, 0]).max() > 1e-6:
        report.warn("Pelvises are not all at the origin.")
    thigh = thigh_length(poses)
    if not _THIGH[0] <= thigh <= _THIGH[1]:
        report.warn(f"Thighs are {thigh:.4g} m long, where people's are {_THIGH[0]} to {_THIGH[1]}: check the unit.")


def _bones(
    report: Report, dataset: Dataset, finite: np.ndarray, lengths: np.ndarray, uneven: float = _UNEVEN
) -> None:  # fmt: skip
    """Report median lengths over all frames in mm, with their standard deviations, left against right."""
    lengths = 1000 * lengths[finite]
    median, spread = np.median(lengths, axis=0), lengths.std(axis=0, dtype=np.float64)
    for name, ends in _PAIRS.items():
        left, right = (_BONE[end] for end in ends)
        apart = abs(median[left] - median[right]) / max(median[left], median[right], 1e-9)
        sides = [f"{side} {median[bone]:.0f} ± {spread[bone]:.0f}" for side, bone in (("left", left), ("right", right))]
        report.row(name, f"{', '.join(sides)} mm, {100 * apart:.1f} % apart")
        # More than one bone lies between thorax and shoulder, and real ones differ with the posture.
        if apart > uneven and name != "shoulder":
            report.warn(f"The left {name} is {median[left]:.0f} mm long and the right one {median[right]:.0f} mm.")
    for name, end in _MIDDLE.items():
        report.row(name, f"{median[_BONE[end]]:.0f} ± {spread[_BONE[end]]:.0f} mm")
    _stray_scale(report, dataset, finite, lengths[:, _BONE["LKnee"]] + lengths[:, _BONE["RKnee"]])


def _stray_scale(report: Report, dataset: Dataset, finite: np.ndarray, thighs: np.ndarray) -> None:
    """Warn of clips whose thighs (N,) are less than half or more than twice the usual length, as in another
    unit."""
    clip, names = clip_of(dataset)[finite], _names(dataset)
    count = np.bincount(clip, minlength=len(names))
    usual = np.median(thighs)
    scale = np.bincount(clip, thighs, len(names)) / np.maximum(count * usual, 1e-9)
    stray = ((scale < 0.5) | (scale > 2)) & (count > 0)
    if stray.any():
        where = listed(names[stray])
        report.warn(f"{stray.sum():,} of {len(names):,} clips are of another scale than the rest ({where}).")


def _sides(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Report whether left is left: knees bend backwards in bodies with swapped joint names, and in mirrored ones.

    Thigh x shin points to a person's left however they stand or lie, and the hip joints say where that is. Weighted by
    the sine of the bend, straight legs count for nothing.
    """
    poses, clip, names = dataset.samples[finite], clip_of(dataset)[finite], _names(dataset)
    count = np.maximum(np.bincount(clip, minlength=len(names)), 1)
    hips = _unit(poses[:, _JOINT["LHip"]] - poses[:, _JOINT["RHip"]])
    shoulders = _unit(poses[:, _JOINT["LShoulder"]] - poses[:, _JOINT["RShoulder"]])
    bend = sum(np.einsum("ij,ij->i", _bend(poses, side), hips) for side in "LR")
    forwards = np.bincount(clip, bend, len(names)) / count
    together = np.bincount(clip, np.einsum("ij,ij->i", hips, shoulders), len(names)) / count
    backwards, crossed = forwards < _BACKWARDS, together < 0
    report.row("sides", f"knees bend forward in {100 * (bend > 0).mean():.1f} % of frames")
    if backwards.any():
        where = (
            "" if backwards.all() else f" in {backwards.sum():,} of {len(names):,} clips ({listed(names[backwards])})"
        )
        report.warn(f"Left and right are swapped, or the bodies mirrored: knees bend backwards{where}.")
    if crossed.any():
        report.warn(f"Left and right of arms and legs do not agree in {crossed.sum():,} of {len(names):,} clips.")


def _names(dataset: Dataset) -> np.ndarray:
    return dataset.per_clip.get("name", np.arange(clip_of(dataset).max() + 1).astype(str))


def _bend(poses: np.ndarray, side: str) -> np.ndarray:
    """Return the axis (N, 3) about which a knee is bent, as long as the sine of the bend."""
    hip, knee, foot = (poses[:, _JOINT[side + joint]] for joint in ("Hip", "Knee", "Foot"))
    return np.cross(_unit(knee - hip), _unit(foot - knee))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _travel(report: Report, dataset: Dataset) -> None:
    root, clip = dataset.per_sample.get("root"), clip_of(dataset)
    if root is None:
        report.row("root", "not known: poses are about their pelvises")
        return
    up = dataset.about.get("up", "+z")
    height = root[:, "xyz".index(up[1])] * (-1 if up[0] == "-" else 1)
    steps = np.linalg.norm(np.diff(root, axis=0), axis=1) * (clip[1:] == clip[:-1])
    per_clip = np.bincount(clip[1:], steps, minlength=1)
    span = f"pelvis {np.nanmin(height):.2f} to {np.nanmax(height):.2f} m high"
    report.row("root", f"{span}, travels up to {np.nanmax(per_clip):.1f} m in a clip")
