"""A performance: one person doing one motion for a while, with personal habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posectl.data.mannequin.body import Body
from posectl.data.mannequin.curves import drift
from posectl.data.mannequin.rig import LEFT, RIGHT, Track


@dataclass(frozen=True)
class Style:
    """The habits of a person; angles in degrees.

    pace and size scale the rate and the extent of motions; `width` is the stance as a share of the hips; `swing` and
    `bounce` scale arms and trunk in gait; `lag` is the delay, in cycles, of the arms behind the trunk.
    """

    pace: float
    size: float
    lean: float
    slump: float
    chin: float
    arms_out: float
    elbows: float
    toes_out: float
    width: float
    swing: float
    bounce: float
    lag: float
    left_handed: bool


def random_style(rng: np.random.Generator) -> Style:
    """Draw one person's habits."""
    return Style(
        pace=rng.uniform(0.86, 1.18),
        size=rng.uniform(0.85, 1.12),
        lean=rng.uniform(-1, 5),
        slump=rng.uniform(0, 10),
        chin=rng.uniform(-4, 8),
        arms_out=rng.uniform(3, 9),
        elbows=rng.uniform(10, 26),
        toes_out=rng.uniform(3, 13),
        width=rng.uniform(0.75, 1.15),
        swing=rng.uniform(0.7, 1.3),
        bounce=rng.uniform(0.75, 1.25),
        lag=rng.uniform(0.0, 0.05),
        left_handed=bool(rng.uniform() < 0.25),
    )


@dataclass(frozen=True)
class Performance:
    """A performance of a motion: the person, time (T,) in seconds, and the unwrapped phase `cycles` (T,)."""

    body: Body
    style: Style
    rng: np.random.Generator
    time: np.ndarray
    cycles: np.ndarray

    @property
    def phase(self) -> np.ndarray:
        """The phase (T,) in [0, 1)."""
        return self.cycles - np.floor(self.cycles)

    def varied(self, amount: float) -> np.ndarray:
        """Draw a factor (T,) that varies slowly within 1 +- amount."""
        return 1 + drift(self.rng, self.time, amount)


def unwrapped_phase(rng: np.random.Generator, time: np.ndarray, period: float, pace: float) -> np.ndarray:
    """Draw the unwrapped phase (T,): a cycle each period / pace seconds, a little uneven, from a random start."""
    return rng.uniform() + (time + drift(rng, time, 0.06)) * pace / period


def standing(performance: Performance, width: float = 1.0, stagger: float = 0.0) -> Track:
    """Stand at ease on both feet, `width` times the person's own stance apart, the left one `stagger` metres
    ahead.

    The pelvis is over the middle of the feet; it sways a little, as does the trunk.
    """
    body, style, frames = performance.body, performance.style, len(performance.time)
    zeros = np.zeros(frames)
    half = body.hip_half * style.width * width
    ankle = np.zeros((frames, 2, 3))
    ankle[:, RIGHT] = half, -stagger / 2, body.ankle
    ankle[:, LEFT] = -half, stagger / 2, body.ankle
    sway, shift = drift(performance.rng, performance.time, 0.018), drift(performance.rng, performance.time, 0.012)
    over_feet = 0.4 * body.ball
    shoulder = np.zeros((frames, 2, 3))
    shoulder[..., 0] = style.slump / 2 + drift(performance.rng, performance.time, 3)[:, None]
    shoulder[..., 1] = style.arms_out
    shoulder[..., 2] = -15
    return Track(
        ankle=ankle,
        toe=np.tile([-style.toes_out, style.toes_out], (frames, 1)),
        free=np.zeros((frames, 2)),
        hip=np.zeros((frames, 2, 2)),
        knee=np.zeros((frames, 2)),
        pelvis=np.stack(
            [sway, over_feet + shift, np.full(frames, (1 - 0.0008 * style.slump) * body.hip_height)], axis=1
        ),
        turn=np.stack([zeros + style.lean / 2, 60 * sway, drift(performance.rng, performance.time, 3)], axis=1),
        trunk=np.stack([zeros + style.slump, -60 * sway, drift(performance.rng, performance.time, 2)], axis=1),
        head=np.stack(
            [style.chin - style.slump / 2 + drift(performance.rng, performance.time, 3), zeros, zeros], axis=1
        ),
        shoulder=shoulder,
        elbow=np.full((frames, 2), style.elbows) + drift(performance.rng, performance.time, 3)[:, None],
        hand=np.zeros((frames, 2, 3)),
        grip=np.zeros((frames, 2)),
    )


def crouch(track: Track, depth: np.ndarray, back: float = 0.5, tilt: float = 60.0, flex: float = 45.0) -> None:
    """Lower the pelvis by depth (T,) metres; for each metre, move it back and lean pelvis and trunk forward so far."""
    track.pelvis[:, 2] -= depth
    track.pelvis[:, 1] -= back * depth
    track.turn[:, 0] += tilt * depth
    track.trunk[:, 0] += flex * depth


def roll(performance: Performance, track: Track, side: int, pitch: np.ndarray) -> None:
    """Raise the heel of a planted foot by pitch (T,) degrees, about the ball of the foot, which stays where it is."""
    ahead, up = rolled(performance.body, pitch)
    heading = np.deg2rad(track.toe[:, side])
    track.ankle[:, side, 0] -= np.sin(heading) * ahead
    track.ankle[:, side, 1] += np.cos(heading) * ahead
    track.ankle[:, side, 2] += up


def rolled(body: Body, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the movement (ahead, up) of the ankle as a flat foot pitches: about its ball if positive, else its
    heel."""
    angle = np.deg2rad(np.abs(pitch))
    toes = pitch > 0
    arm = np.where(toes, body.ball, body.heel)
    sign = np.where(toes, 1.0, -1.0)
    ahead = sign * (arm * (1 - np.cos(angle)) + body.ankle * np.sin(angle))
    return ahead, arm * np.sin(angle) - body.ankle * (1 - np.cos(angle))
