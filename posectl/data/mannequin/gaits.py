"""Gaits: walking, running and climbing stairs, with feet that roll from heel to ball while planted, then swing.

Timing and angles of the walk follow D. A. Winter, "The Biomechanics and Motor Control of Human Gait", 1987; those of
the run T. F. Novacheck, "The biomechanics of running", Gait and Posture 7, 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posectl.data.mannequin.curves import hermite, step, swell, wave
from posectl.data.mannequin.performance import Performance, rolled, standing
from posectl.data.mannequin.rig import LEFT, RIGHT, Track, along


@dataclass(frozen=True)
class Gait:
    """One gait: a cycle is a stride, from contact to contact of the right foot; the left is half a stride later.

    stride, rise: metres a cycle. stance: the share of the cycle that a foot is down; under: when the pelvis passes over
    it. contact, off: degrees that the toes and the heel are raised when it comes down and leaves. lift: metres that its
    swing is higher than it must be. reach: when the right leg is furthest ahead. base: half the metres between the
    feet. curve: degrees a metre that the path turns.
    """

    stride: float
    rise: float
    stance: float
    under: float
    contact: float
    off: float
    lift: float
    reach: float
    base: float
    curve: float


Placed = tuple[np.ndarray, np.ndarray]


def _path(gait: Gait, cycles: np.ndarray) -> Placed:
    """Return (position (..., 3), heading (...)) of the path after so many cycles: an arc, rising evenly."""
    length = gait.stride * cycles
    heading = gait.curve * length
    chord = length * np.sinc(heading / 360)
    position = chord[..., None] * along(heading / 2)
    position[..., 2] = gait.rise * cycles
    return position, heading


def _stance(performance: Performance, gait: Gait, plant: Placed, share: np.ndarray) -> np.ndarray:
    """Return the ankle (T, 3) at `share` of the stride: rolling onto the foot, flat, and off over its ball."""
    onto = gait.contact * np.clip(1 - share / 0.12, 0, None) ** 2
    off = gait.off * np.clip((share - 0.66 * gait.stance) / (0.34 * gait.stance), 0, None) ** 2
    ahead, up = rolled(performance.body, off - onto)
    position, heading = plant
    ankle = position + ahead[:, None] * along(heading)
    ankle[:, 2] += performance.body.ankle + up
    return ankle


def _foot(performance: Performance, gait: Gait, side: int) -> Placed:
    """Return (ankle (T, 3), heading (T,)) of one foot throughout."""
    cycles = performance.cycles + (0.5 if side == LEFT else 0.0)
    count = np.floor(cycles)
    share = cycles - count

    def plant(stride: np.ndarray) -> Placed:
        position, heading = _path(gait, stride + gait.under - (0.5 if side == LEFT else 0.0))
        out = 1 if side == RIGHT else -1
        position = position + out * gait.base * np.cross(along(heading), [0.0, 0.0, 1.0])
        # The path is a slope and the feet are on steps: the first one, the left foot's, is on the floor.
        position[:, 2] -= gait.rise * (gait.under - 0.5)
        return position, heading - out * performance.style.toes_out

    here, there = plant(count), plant(count + 1)
    standing_at = _stance(performance, gait, here, np.minimum(share, gait.stance))
    edge, nudge = np.full_like(share, gait.stance), 1e-4
    leave, land = _stance(performance, gait, here, edge), _stance(performance, gait, there, np.zeros_like(share))
    swing = 1 - gait.stance
    leaving = (leave - _stance(performance, gait, here, edge - nudge)) * (swing / nudge)
    landing = (_stance(performance, gait, there, np.full_like(share, nudge)) - land) * (swing / nudge)
    u = np.clip((share - gait.stance) / swing, 0, 1)
    flight = hermite(u[:, None], leave, leaving, land, landing)
    flight[:, 2] += gait.lift * swell(u)
    heading = here[1] + (there[1] - here[1]) * step(u, 0, 1)
    return np.where((share < gait.stance)[:, None], standing_at, flight), heading


def _stride(performance: Performance, gait: Gait, height: float, bob: float, sway: float) -> Track:
    """Place feet and pelvis along the path, the rest at ease.

    The pelvis is at `height` times the hips' own, sways `sway` metres towards the foot that is down, and bobs `bob`
    metres with its crests over the feet, or between them if that is negative.
    """
    track, body = standing(performance), performance.body
    for side in (RIGHT, LEFT):
        track.ankle[:, side], track.toe[:, side] = _foot(performance, gait, side)
    position, heading = _path(gait, performance.cycles)
    over_right, over_foot = wave(performance.cycles, gait.under), wave(2 * performance.cycles, 2 * gait.under)
    position += (sway * over_right)[:, None] * np.cross(along(heading), [0.0, 0.0, 1.0])
    position[:, 2] += height * body.hip_height + bob * over_foot - gait.rise * (gait.under - 0.5)
    track.pelvis = position
    track.turn[:, 2] = heading
    return track


def _swing_arms(
    performance: Performance, track: Track, gait: Gait, extent: float, carried: float, bent: float, out: float
) -> None:
    """Swing the arms `extent` degrees to either side of `carried`, each with the other leg, bending on the way
    up."""
    for side, sign in ((RIGHT, 1.0), (LEFT, -1.0)):
        forward = -sign * wave(performance.cycles - performance.style.lag, gait.reach + 0.02)
        track.shoulder[:, side, 0] = carried + extent * forward
        track.shoulder[:, side, 1] = performance.style.arms_out + out
        track.shoulder[:, side, 2] = -out
        track.elbow[:, side] = performance.style.elbows + bent + 0.45 * extent * forward


def _turn_trunk(performance: Performance, track: Track, gait: Gait, yaw: float, drop: float, counter: float) -> None:
    """Turn the pelvis with the leg ahead, drop it on the swinging leg's side, and turn the chest the opposite way."""
    forward, over_right = wave(performance.cycles, gait.reach), wave(performance.cycles, gait.under)
    track.turn[:, 2] += yaw * forward
    track.turn[:, 1] -= drop * over_right
    track.trunk[:, 2] = -(yaw + counter) * forward
    track.trunk[:, 1] = 1.2 * drop * over_right
    track.head[:, 2] += counter * forward
    track.head[:, 1] = -0.2 * drop * over_right


def walk(performance: Performance) -> Track:
    """Walk along an arc."""
    body, style = performance.body, performance.style
    gait = Gait(
        stride=1.52 * body.leg * style.size,
        rise=0.0,
        stance=0.62,
        under=0.25,
        contact=20.0,
        off=56.0,
        lift=0.035,
        reach=0.0,
        base=0.45 * body.hip_half * style.width,
        curve=performance.rng.uniform(-12, 12),
    )
    track = _stride(performance, gait, height=0.975, bob=0.015 * style.bounce, sway=0.018 * style.bounce)
    _turn_trunk(performance, track, gait, yaw=5 * style.swing, drop=4 * style.bounce, counter=7 * style.swing)
    _swing_arms(performance, track, gait, extent=22 * style.swing, carried=3, bent=6, out=0)
    track.turn[:, 0] = 2 + style.lean
    track.head[:, 0] -= style.lean / 2
    return track


def run(performance: Performance) -> Track:
    """Run along an arc."""
    body, style = performance.body, performance.style
    gait = Gait(
        stride=2.15 * body.leg * style.size,
        rise=0.0,
        stance=0.36,
        under=0.145,
        contact=6.0,
        off=62.0,
        lift=0.30 * body.leg,
        reach=0.8,
        base=0.25 * body.hip_half,
        curve=performance.rng.uniform(-6, 6),
    )
    track = _stride(performance, gait, height=0.915, bob=-0.032 * style.bounce, sway=0.008)
    _turn_trunk(performance, track, gait, yaw=7 * style.swing, drop=4 * style.bounce, counter=14 * style.swing)
    _swing_arms(performance, track, gait, extent=36 * style.swing, carried=-2, bent=72, out=8)
    track.turn[:, 0] = 9 + style.lean
    track.trunk[:, 0] += 3
    track.head[:, 0] -= 6 + style.lean / 2
    return track


def climb(performance: Performance) -> Track:
    """Climb a stair with treads of 0.29 m and risers of 0.17 m, a foot to a step."""
    body, style = performance.body, performance.style
    gait = Gait(
        stride=2 * 0.29,
        rise=2 * 0.17,
        stance=0.64,
        under=0.36,
        contact=0.0,
        off=30.0,
        lift=0.09,
        reach=0.0,
        base=0.6 * body.hip_half * style.width,
        curve=0.0,
    )
    track = _stride(performance, gait, height=0.945, bob=0.01, sway=0.025 * style.bounce)
    _turn_trunk(performance, track, gait, yaw=4 * style.swing, drop=4 * style.bounce, counter=4 * style.swing)
    _swing_arms(performance, track, gait, extent=15 * style.swing, carried=4, bent=14, out=3)
    track.turn[:, 0] = 8 + style.lean
    track.trunk[:, 0] += 6
    track.head[:, 0] += 4
    return track
