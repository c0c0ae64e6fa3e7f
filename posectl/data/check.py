"""What a user checks first in a dataset: its size, split, joints, unit and bones; and what looks wrong in it."""

from __future__ import annotations

import numpy as np

from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.images.check import describe as describe_images
from posectl.data.poses import find_up, thigh_length
from posectl.data.report import Report, listed
from posectl.data.skeleton import H36M17

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
_NUMBERS_AT_ONCE = 1 << 18
_THIGH = (0.3, 0.6)
_BACKWARDS, _UPRIGHT = -0.05, 0.5


def check(dataset: Dataset) -> Report:
    """What the dataset holds, and warnings of what looks wrong in it; never raises for what it finds."""
    report = Report()
    finite = np.isfinite(dataset.samples).all(axis=tuple(range(1, dataset.samples.ndim)))
    _size(report, dataset)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        report.warn(f"{_noun(dataset).capitalize()} with NaN or infinity: {len(bad):,}, the first at index {bad[0]:,}.")
    kind = dataset.about.get("kind")
    if kind == "images" and finite.any():
        describe_images(report, dataset, finite)
    elif kind == "poses" and finite.any():
        _frame_of_reference(report, dataset, dataset.samples[finite])
        _bones(report, dataset, finite)
        _sides(report, dataset, finite)
        _travel(report, dataset)
    elif finite.any():
        values = dataset.samples[finite]
        report.row("values", f"{values.min():.3g} to {values.max():.3g}, shape {values.shape[1:]}")
    _duplicates(report, dataset)
    return report


def _noun(dataset: Dataset) -> str:
    return "images" if dataset.about.get("kind") == "images" else "frames"


def _size(report: Report, dataset: Dataset) -> None:
    frames, test = len(dataset.samples), int((dataset.split == TEST).sum())
    report.row(_noun(dataset), f"{frames:,}: {frames - test:,} train, {test:,} test")
    clips = dataset.per_clip
    if "length" in clips and len(clips["length"]):
        rates = ", ".join(f"{rate:g}" for rate in np.unique(clips["fps"])) if "fps" in clips else "?"
        seconds = clips["length"] / clips["fps"] if "fps" in clips else clips["length"]
        report.row("clips", f"{len(seconds):,} at {rates} fps, {seconds.min():.1f} to {seconds.max():.1f} s")
    for key, label in (("subject", "subjects"), ("action", "actions")):
        names = np.unique(clips[key][clips[key] != ""]) if key in clips else np.array([])
        if len(names):
            report.row(label, f"{len(names):,}: {listed(names)}{_in_both(dataset, key)}")
    report.row("split", str(dataset.about.get("split", "unknown")))
    if not 0 < test < frames:
        report.warn(f"The {'train' if test else 'test'} split is empty.")


def _in_both(dataset: Dataset, key: str) -> str:
    """`; 2 in both splits` for the subjects or actions of which train and test both have frames."""
    if "clip" not in dataset.per_sample:
        return ""
    rows = [np.unique(dataset.per_sample["clip"][dataset.split == part]) for part in (TRAIN, TEST)]
    column = dataset.per_clip[key]
    both = np.intersect1d(column[rows[0]], column[rows[1]])
    return f"; {len(both[both != '']):,} in both splits"


def _frame_of_reference(report: Report, dataset: Dataset, poses: np.ndarray) -> None:
    said = {"unit": "m", "up": "+z", "coordinates": "world", **dataset.about}
    up, strength = find_up(poses)
    report.row("joints", f"{len(H36M17.joints)}, {H36M17.name}: {' '.join(H36M17.joints)}")
    report.row("unit", said["unit"])
    report.row("up", f"{said['up']}; thoraxes lie along {up} from their pelvises, {strength:.2f} of 1")
    report.row("coordinates", said["coordinates"])
    if up != said["up"] and strength >= _UPRIGHT:
        report.warn(f"Up should be {said['up']}, but thoraxes lie along {up} from their pelvises.")
    if np.abs(poses[:, 0]).max() > 1e-6:
        report.warn("Pelvises are not all at the origin.")
    thigh = thigh_length(poses)
    if not _THIGH[0] <= thigh <= _THIGH[1]:
        report.warn(f"Thighs are {thigh:.4g} m long, where people's are {_THIGH[0]} to {_THIGH[1]}: check the unit.")


def _bones(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Median lengths over all frames in mm, with their standard deviations, left against right."""
    lengths = 1000 * H36M17.bone_lengths(dataset.samples[finite])
    median, spread = np.median(lengths, axis=0), lengths.std(axis=0, dtype=np.float64)
    for name, ends in _PAIRS.items():
        left, right = (_BONE[end] for end in ends)
        apart = abs(median[left] - median[right]) / max(median[left], median[right], 1e-9)
        sides = [f"{side} {median[bone]:.0f} ± {spread[bone]:.0f}" for side, bone in (("left", left), ("right", right))]
        report.row(name, f"{', '.join(sides)} mm, {100 * apart:.1f} % apart")
        # From the thorax to a shoulder it is more than one bone, and real ones differ with the posture.
        if apart > _UNEVEN and name != "shoulder":
            report.warn(f"The left {name} is {median[left]:.0f} mm long and the right one {median[right]:.0f} mm.")
    for name, end in _MIDDLE.items():
        report.row(name, f"{median[_BONE[end]]:.0f} ± {spread[_BONE[end]]:.0f} mm")
    _stray_scale(report, dataset, finite, lengths[:, _BONE["LKnee"]] + lengths[:, _BONE["RKnee"]])


def _stray_scale(report: Report, dataset: Dataset, finite: np.ndarray, thighs: np.ndarray) -> None:
    """Clips whose thighs (N,) are less than half or more than twice as long as usual, as in another unit."""
    clip, names = _clip(dataset)[finite], _names(dataset)
    count = np.bincount(clip, minlength=len(names))
    usual = np.median(thighs)
    scale = np.bincount(clip, thighs, len(names)) / np.maximum(count * usual, 1e-9)
    stray = ((scale < 0.5) | (scale > 2)) & (count > 0)
    if stray.any():
        where = listed(names[stray])
        report.warn(f"{stray.sum():,} of {len(names):,} clips are of another scale than the rest ({where}).")


def _sides(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Whether left is left: knees bend backwards in a body with swapped joint names, and in one that is mirrored.

    Thigh x shin points to a person's left however they stand or lie, and the hip joints say where that is. The sine of
    the bend makes straight legs count for nothing.
    """
    poses, clip, names = dataset.samples[finite], _clip(dataset)[finite], _names(dataset)
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


def _clip(dataset: Dataset) -> np.ndarray:
    """(N,): the clip of each frame, all one where the dataset knows of none."""
    return dataset.per_sample.get("clip", np.zeros(len(dataset.samples), np.int32))


def _names(dataset: Dataset) -> np.ndarray:
    return dataset.per_clip.get("name", np.arange(_clip(dataset).max() + 1).astype(str))


def _bend(poses: np.ndarray, side: str) -> np.ndarray:
    """(N, 3): the axis about which a knee is bent, as long as the sine of the bend."""
    hip, knee, foot = (poses[:, _JOINT[side + joint]] for joint in ("Hip", "Knee", "Foot"))
    return np.cross(_unit(knee - hip), _unit(foot - knee))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _travel(report: Report, dataset: Dataset) -> None:
    root, clip = dataset.per_sample.get("root"), _clip(dataset)
    if root is None:
        report.row("root", "not known: poses are about their pelvises")
        return
    up = dataset.about.get("up", "+z")
    height = root[:, "xyz".index(up[1])] * (-1 if up[0] == "-" else 1)
    steps = np.linalg.norm(np.diff(root, axis=0), axis=1) * (clip[1:] == clip[:-1])
    per_clip = np.bincount(clip[1:], steps, minlength=1)
    span = f"pelvis {np.nanmin(height):.2f} to {np.nanmax(height):.2f} m high"
    report.row("root", f"{span}, travels up to {np.nanmax(per_clip):.1f} m in a clip")


def _duplicates(report: Report, dataset: Dataset) -> None:
    first = first_alike(dataset.samples)
    repeated = first != np.arange(len(first))
    clip = _clip(dataset)
    frozen = np.zeros(len(first), bool)
    frozen[1:] = (first[1:] == first[:-1]) & (clip[1:] == clip[:-1])
    told, before = f"{repeated.sum():,}", f", {frozen.sum():,} of them the frame before"
    told += before if _noun(dataset) == "frames" else ""
    report.row("duplicates", told if repeated.any() else "none")
    if repeated.any():
        report.warn(f"{_noun(dataset).capitalize()} that repeat another exactly: {told}.")
    leaked = np.isin(first[dataset.split == TEST], first[dataset.split == TRAIN]).sum()
    if leaked:
        report.warn(f"Test {_noun(dataset)} that are in the train split too: {leaked:,}.")


def first_alike(samples: np.ndarray) -> np.ndarray:
    """(N,) int64: for each sample the index of the first one that is exactly like it, which may be itself."""
    bits = np.ascontiguousarray(samples + np.float32(0), dtype=np.float32).view(np.uint32).reshape(len(samples), -1)
    # Rows alike have the same key; of rows with the same key, only those alike in all their bits count.
    odd = np.random.default_rng(0).integers(1 << 63, size=bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    key = np.concatenate([part @ odd for part in np.array_split(bits, bits.size // _NUMBERS_AT_ONCE + 1)])
    order = np.argsort(key, kind="stable")
    near = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    fresh = np.ones(len(bits), bool)
    fresh[near + 1] = (bits[order[near]] != bits[order[near + 1]]).any(axis=1)
    first = np.empty(len(bits), np.int64)
    first[order] = order[fresh][np.cumsum(fresh) - 1]
    return first
