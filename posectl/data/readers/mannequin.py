"""A procedural articulated human, the embedded default: nothing to download, and the same for the same seed.

People differ in stature, proportions and habits, and each does every motion once, facing anywhere. Metres, z up, the
floor at 0; a planted foot stays where it is. Each frame has its `phase` in [0, 1) of the motion's cycle, in gait from
the moment when the right foot comes down.

With `--confound` people are short or tall (`build`), upright or stooped (`posture`), and the one tells of the other;
`stature` in metres and `slump` in degrees are factors. They all face one way, for a bend that may point anywhere has no
one direction in a space of codes.

Examples:
  posectl prepare mannequin --subjects 6 --seconds 2
  posectl prepare mannequin --confound 0.28,8.49 --subjects 72 --fps 10
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.mannequin.body import Body, random_body
from posectl.data.mannequin.confounded import Person, confounded_people
from posectl.data.mannequin.limits import clip_to_limits
from posectl.data.mannequin.motions import MOTIONS, Motion
from posectl.data.mannequin.performance import Performance, Style, random_style, unwrapped_phase
from posectl.data.mannequin.rig import joints, rotation
from posectl.data.readers import Progress, drop_bad_option, option, reader
from posectl.data.skeleton import H36M17
from posectl.errors import UsageError

_TEST_SHARE = 6
_CITATION = (
    "Segment lengths: R. Drillis and R. Contini, Body segment parameters, New York University TR 1166-03, 1966. "
    "Gait: D. A. Winter, The Biomechanics and Motor Control of Human Gait, 1987."
)


@dataclass(frozen=True)
class MannequinOptions:
    """The options of `prepare mannequin`."""

    subjects: int = option(12, "Number of people.", metavar="N", quick=3)
    seconds: float = option(4.0, "Duration of each motion of each person, seconds.", metavar="S", quick=0.5)
    fps: float = option(30.0, "Frame rate, frames a second.", metavar="N")
    seed: int = option(0, "Seed of the people and of how they move.")
    confound: tuple[float, ...] = option(
        (), "People of two builds and postures, with so many upright to one stooped among short, and among tall: "
        "0.28,8.49 as young and old among CelebA-HQ's faces, 1,1 evenly.", metavar="LIST", default_shown="as they come",
    )  # fmt: skip
    drop_bad: bool = drop_bad_option()


@reader("mannequin", MannequinOptions, kind="poses", paths=None)
def read(paths: Sequence[Path], options: MannequinOptions, progress: Progress) -> Dataset:
    """Move so many people for so many seconds; the last sixth of them is the test split.

    Raises UsageError for options that make no sense.
    """
    subjects, seconds, fps, seed = options.subjects, options.seconds, options.fps, options.seed
    _check_options(paths, subjects, seconds, fps, seed)
    drawn = _confounded(subjects, seed, options.confound)
    frames = max(2, round(seconds * fps))
    time = np.arange(frames) / fps
    clips = [
        _clip(body, style, motion, time, np.random.default_rng([seed, person, number]), one_way=bool(drawn))
        for person, (body, style) in enumerate([(p.body, p.style) for p in drawn] or _people(subjects, seed))
        for number, motion in enumerate(MOTIONS.values())
    ]
    world = np.concatenate([positions for positions, _ in clips]).astype(np.float32)
    phase = np.concatenate([phase for _, phase in clips]).astype(np.float32)
    root = world[:, 0].copy()
    count = len(MOTIONS)
    factors = {"stature": [p.stature for p in drawn], "slump": [p.style.slump for p in drawn]} if drawn else {}
    people = np.array([f"m{person + 1:02d}" for person in range(subjects)])
    test = max(1, round(subjects / _TEST_SHARE))
    is_test = np.arange(subjects) >= subjects - test
    split = np.where(is_test, TEST, TRAIN).astype(np.uint8)
    return Dataset(
        samples=world - root[:, None],
        split=np.repeat(split, count * frames),
        per_sample={
            "root": root,
            "frame": np.tile(np.arange(frames), subjects * count),
            "clip": np.repeat(np.arange(subjects * count, dtype=np.int32), frames),
            "phase": np.where(phase < 1, phase, np.float32(0)),  # a phase just below 1 may round up to it
            **{name: np.repeat(np.array(values, np.float32), count * frames) for name, values in factors.items()},
        },
        per_clip={
            "name": np.array([f"{person}_{motion}" for person in people for motion in MOTIONS]),
            "subject": np.repeat(people, count),
            "action": np.tile(np.array(list(MOTIONS)), subjects),
            "fps": np.full(subjects * count, fps, np.float32),
            "source": np.full(subjects * count, f"mannequin, seed {seed}"),
            "start": np.arange(subjects * count) * frames,
            "length": np.full(subjects * count, frames),
            **({"build": np.repeat([p.build for p in drawn], count)} if drawn else {}),
            **({"posture": np.repeat([p.posture for p in drawn], count)} if drawn else {}),
        },
        about={
            "kind": "poses",
            "skeleton": H36M17.name,
            "joints": list(H36M17.joints),
            "unit": "m",
            "up": "+z",
            "coordinates": "world",
            "source": "mannequin",
            "citation": _CITATION,
            "split": f"by subject: {', '.join(people[is_test])} to test",
            "factors": ["phase", *factors],
        },
    )


def _check_options(paths: Sequence[str | Path], subjects: int, seconds: float, fps: float, seed: int) -> None:
    if paths:
        raise UsageError("The mannequin reads no files.", "Use `posectl prepare arrays FILE` for poses of your own.")
    if subjects < 2:
        raise UsageError(f"A train and a test split need two subjects, not {subjects}.", "Try --subjects 12.")
    for name, value in (("seconds", seconds), ("fps", fps)):
        if not (np.isfinite(value) and value > 0):
            raise UsageError(f"{name} must be a positive number, not {value}.", f"Leave --{name} out for the usual.")
    if seed < 0:
        raise UsageError(f"A seed is not negative, and {seed} is.", "Try --seed 0.")


def _confounded(subjects: int, seed: int, given: Sequence[float]) -> list[Person]:
    """Draw people of two builds and postures; none without ratios."""
    if not given:
        return []
    if len(given) != 2 or not all(0 < ratio < np.inf for ratio in given):
        told = ",".join(map(str, given))
        raise UsageError(f"--confound takes two ratios above 0, not {told}.", "For example --confound 0.28,8.49.")
    return confounded_people(subjects, seed, (given[0], given[1]))


def _people(subjects: int, seed: int) -> list[tuple[Body, Style]]:
    """Draw bodies and habits; the first k people are the same however many there are."""
    generators = [np.random.default_rng([seed, person]) for person in range(subjects)]
    return [(random_body(rng), random_style(rng)) for rng in generators]


def _clip(
    body: Body, style: Style, motion: Motion, time: np.ndarray, rng: np.random.Generator, *, one_way: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return (positions (T, 17, 3) in the world, phase (T,)) of one person in one motion, anywhere, facing anywhere, or
    all one way."""
    heading, start = rng.uniform(0, 360) * (not one_way), rng.uniform(-0.5, 0.5, 2)
    performance = Performance(body, style, rng, time, unwrapped_phase(rng, time, motion.period, style.pace))
    positions = joints(body, clip_to_limits(motion.track(performance)))
    if motion.handed and style.left_handed:
        positions = positions[:, H36M17.mirror] * np.array([-1.0, 1.0, 1.0])
    positions = positions @ rotation(2, np.array(heading)).T
    positions[..., :2] += start - positions[0, 0, :2]
    return positions, performance.phase
