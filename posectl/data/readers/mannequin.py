"""A procedural articulated human, the embedded default: nothing to download, and the same for the same seed.

People differ in stature, proportions and habits, and each does every motion once, facing anywhere. Metres, z up, the
floor at 0; a planted foot stays where it is. Each frame has its `phase` in [0, 1) of the motion's cycle, in gait from
the moment when the right foot comes down.

With `--confound` people are short or tall (`build`), upright or stooped (`posture`), and the one tells of the other;
`stature` in metres and `slump` in degrees are factors. They all face one way, for a bend that may point anywhere has no
one direction in a space of codes.

Examples:
  posectl prepare mannequin --subjects 6 --seconds 2
  posectl prepare mannequin --samples 2000000
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
from posectl.data.stream import BLOCK_BYTES, Stream, is_beyond_memory
from posectl.errors import UsageError

_TEST_SHARE = 6
_MOST = 1000  # people that are named
_BYTES = 4 * 3 * len(H36M17.joints)
_CITATION = (
    "Segment lengths: R. Drillis and R. Contini, Body segment parameters, New York University TR 1166-03, 1966. "
    "Gait: D. A. Winter, The Biomechanics and Motor Control of Human Gait, 1987."
)


@dataclass(frozen=True)
class MannequinOptions:
    """The options of `prepare mannequin`."""

    samples: int | None = option(
        None, "Number of poses, of as many people as it takes; beyond memory they are made block by block.",
        metavar="N", min=1, default_shown="those of --subjects",
    )  # fmt: skip
    subjects: int = option(12, "Number of people.", metavar="N", quick=3)
    seconds: float = option(4.0, "Duration of each motion of each person, seconds.", metavar="S", quick=0.5)
    fps: float = option(30.0, "Frame rate, frames a second.", metavar="N")
    seed: int = option(0, "Seed of the people and of how they move.")
    confound: tuple[float, ...] = option(
        (), "People of two builds and postures, with so many upright to one stooped among short, and among tall: "
        "0.28,8.49 as young and old among CelebA-HQ's faces, 1,1 evenly.", metavar="LIST", default_shown="as they come",
    )  # fmt: skip
    drop_bad: bool = drop_bad_option()


def stream(paths: Sequence[Path], options: MannequinOptions, progress: Progress) -> Stream | None:
    """Move people block by block; None where all of them fit into memory."""
    cast = cast_of(paths, options)
    if not is_beyond_memory(cast.samples * _BYTES):
        return None
    return Stream(cast.samples, (cast.part(first, last) for first, last in cast.blocks()))


@reader("mannequin", MannequinOptions, kind="poses", paths=None, stream=stream)
def read(paths: Sequence[Path], options: MannequinOptions, progress: Progress) -> Dataset:
    """Move so many people for so many seconds; the last sixth of them is the test split.

    Raises UsageError for options that make no sense.
    """
    cast = cast_of(paths, options)
    return cast.part(0, cast.subjects)


@dataclass(frozen=True)
class Cast:
    """People who each do every motion for so many frames, until there are so many samples.

    drawn: people of two builds and postures, whose number is that of all; none: as they come.
    """

    subjects: int
    samples: int
    frames: int
    fps: float
    seed: int
    drawn: Sequence[Person] = ()

    def blocks(self) -> list[tuple[int, int]]:
        """Return the first person of each block, and the one after its last."""
        step = max(1, BLOCK_BYTES // (_BYTES * self.frames * len(MOTIONS)))
        return [(first, min(first + step, self.subjects)) for first in range(0, self.subjects, step)]

    def count(self, first: int, last: int) -> int:
        """Return the number of samples of these people."""
        each = self.frames * len(MOTIONS)
        return min(self.samples, last * each) - first * each

    def part(self, first: int, last: int) -> Dataset:
        """Return the samples and clips of these people."""
        frames, count = self.frames, len(MOTIONS)
        drawn, time = self.drawn[first:last], np.arange(frames) / self.fps
        clips = [
            _clip(body, style, motion, time, np.random.default_rng([self.seed, person, number]), one_way=bool(drawn))
            for person, (body, style) in enumerate(
                [(p.body, p.style) for p in drawn] or _people(first, last, self.seed), first
            )
            for number, motion in enumerate(MOTIONS.values())
        ]
        rows = self.count(first, last)
        world = np.concatenate([positions for positions, _ in clips]).astype(np.float32)[:rows]
        phase = np.concatenate([phase for _, phase in clips]).astype(np.float32)[:rows]
        root = world[:, 0].copy()
        factors = {"stature": [p.stature for p in drawn], "slump": [p.style.slump for p in drawn]} if drawn else {}
        own, first_of_test = _names(first, last), self.subjects - max(1, round(self.subjects / _TEST_SHARE))
        split = np.where(np.arange(first, last) >= first_of_test, TEST, TRAIN).astype(np.uint8)
        table = {
            "name": np.array([f"{person}_{motion}" for person in own for motion in MOTIONS]),
            "subject": np.repeat(own, count),
            "action": np.tile(np.array(list(MOTIONS)), len(own)),
            "fps": np.full(len(clips), self.fps, np.float32),
            "source": np.full(len(clips), f"mannequin, seed {self.seed}"),
            "start": np.arange(len(clips)) * frames,
            "length": np.clip(rows - np.arange(len(clips)) * frames, 0, frames),
            **({"build": np.repeat([p.build for p in drawn], count)} if drawn else {}),
            **({"posture": np.repeat([p.posture for p in drawn], count)} if drawn else {}),
        }
        return Dataset(
            samples=world - root[:, None],
            split=np.repeat(split, count * frames)[:rows],
            per_sample={
                "root": root,
                "frame": np.tile(np.arange(frames), len(clips))[:rows],
                "clip": np.repeat(np.arange(len(clips), dtype=np.int32), frames)[:rows],
                "phase": np.where(phase < 1, phase, np.float32(0)),  # a phase just below 1 may round up to it
                **{
                    name: np.repeat(np.array(values, np.float32), count * frames)[:rows]
                    for name, values in factors.items()
                },
            },
            per_clip={name: values[table["length"] > 0] for name, values in table.items()},
            about={
                "kind": "poses",
                "skeleton": H36M17.name,
                "joints": list(H36M17.joints),
                "unit": "m",
                "up": "+z",
                "coordinates": "world",
                "source": "mannequin",
                "citation": _CITATION,
                "split": f"by subject: {_listed(_names(first_of_test, self.subjects))} to test",
                "factors": ["phase", *factors],
            },
        )


def _names(first: int, last: int) -> np.ndarray:
    return np.array([f"m{person + 1:02d}" for person in range(first, last)])


def _listed(people: np.ndarray) -> str:
    return ", ".join(people) if len(people) <= _MOST else f"{people[0]} to {people[-1]}"


def cast_of(paths: Sequence[Path], options: MannequinOptions) -> Cast:
    """Return who is to move, as the options say."""
    _check_options(paths, options.subjects, options.seconds, options.fps, options.seed)
    frames = max(2, round(options.seconds * options.fps))
    subjects, each = options.subjects, frames * len(MOTIONS)
    if options.samples is not None:
        subjects = -(-options.samples // each)
        if options.samples <= each:
            raise UsageError(
                f"{options.samples:,} samples are of one person, and a train and a test split need two.",
                f"Ask for more than {each:,}, or for fewer --seconds of each motion.",
            )
    drawn = _confounded(subjects, options.seed, options.confound)
    return Cast(subjects, options.samples or subjects * each, frames, options.fps, options.seed, drawn)


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


def _people(first: int, last: int, seed: int) -> list[tuple[Body, Style]]:
    """Draw bodies and habits; a person is the same however many there are."""
    generators = [np.random.default_rng([seed, person]) for person in range(first, last)]
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
