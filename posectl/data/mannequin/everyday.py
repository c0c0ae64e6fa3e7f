"""Everyday motions on the spot: waving, squatting, sitting down, lifting, bowing, looking around."""

from __future__ import annotations

import numpy as np

from posectl.data.mannequin.curves import hump, keyed
from posectl.data.mannequin.performance import Performance, crouch, roll, standing
from posectl.data.mannequin.rig import LEFT, RIGHT, Track


def wave(performance: Performance) -> Track:
    """Raise the right arm, wave three times and lower it."""
    track, phase, size = standing(performance), performance.phase, performance.style.size
    up = hump(phase, (0.05, 0.25), (0.78, 0.98))
    sway = (
        hump(phase, (0.2, 0.3), (0.72, 0.82)) * np.sin(2 * np.pi * 3 * (phase - 0.22) / 0.55) * performance.varied(0.15)
    )
    track.shoulder[:, RIGHT] += up[:, None] * (np.array([12.0, 72.0, 70.0]) - track.shoulder[:, RIGHT])
    track.shoulder[:, RIGHT, 1] += 6 * sway
    track.elbow[:, RIGHT] += up * (98 - track.elbow[:, RIGHT]) + 27 * size * sway
    track.trunk[:, 1] -= 4 * up
    track.trunk[:, 2] += 5 * up
    track.pelvis[:, 0] -= 0.02 * up
    track.head[:, 1] += 5 * up
    track.head[:, 0] -= 3 * up
    return track


def squat(performance: Performance) -> Track:
    """Go down until the thighs are level and up again, the arms held out for balance."""
    track, body, phase = standing(performance, width=1.5), performance.body, performance.phase
    down = keyed(phase, {0.0: 0.0, 0.45: 1.0, 0.55: 1.0, 0.95: 0.0}) * performance.varied(0.06)
    track.toe *= 1.8
    crouch(track, 0.5 * min(performance.style.size, 1.0) * body.leg * down, tilt=48)
    track.head[:, 0] -= 22 * down
    track.shoulder[..., 0] += 122 * down[:, None]
    track.shoulder[..., 1] += 4 * down[:, None]
    track.elbow += (8 - track.elbow) * down[:, None]
    return track


def sit(performance: Performance) -> Track:
    """Sit down on a seat as high as the knees, rest, and get up; the trunk leans out over the feet in between."""
    track, body, phase = standing(performance, width=1.15), performance.body, performance.phase
    down = keyed(phase, {0.0: 0.0, 0.06: 0.0, 0.36: 1.0, 0.64: 1.0, 0.92: 0.0})
    lean = keyed(phase, {0.0: 0.0, 0.06: 0.0, 0.24: 1.0, 0.4: 0.12, 0.6: 0.12, 0.75: 1.0, 0.92: 0.0})
    depth = (body.hip_height - 1.04 * (body.shin + body.ankle)) * down
    crouch(track, depth, back=1.0, tilt=0, flex=0)
    track.turn[:, 0] += 30 * lean - 10 * down * (1 - lean)
    track.trunk[:, 0] += 22 * lean + 8 * down
    track.head[:, 0] -= 22 * lean
    on_thighs = np.array([30.0, 10.0, -14.0])
    track.shoulder += down[:, None, None] * (on_thighs - track.shoulder) * 0.9
    track.shoulder[..., 0] += 18 * lean[:, None]
    track.elbow += down[:, None] * (62 - track.elbow) * 0.9 - 14 * lean[:, None]
    return track


def lift(performance: Performance) -> Track:
    """Lift something as wide as the shoulders from the floor to a shelf above the head."""
    track, body, style, phase = standing(performance, width=1.3), performance.body, performance.style, performance.phase
    down = keyed(phase, {0.0: 0.0, 0.05: 0.0, 0.25: 1.0, 0.31: 1.0, 0.52: 0.0})
    crouch(track, 0.55 * body.leg * down, back=0.48, tilt=52, flex=52)
    reach = keyed(phase, {0.0: 0.0, 0.52: 0.0, 0.68: 1.0, 0.76: 1.0, 0.92: 0.0})
    for side in (RIGHT, LEFT):
        roll(performance, track, side, 22 * style.size * reach)
    track.pelvis[:, 2] += 0.35 * body.ball * reach
    track.trunk[:, 0] -= 8 * reach
    track.head[:, 0] += 8 * down - 24 * reach
    shoulder = body.shoulder_height
    height = (
        keyed(phase, {0.0: 0.58, 0.25: 0.24, 0.31: 0.24, 0.41: 0.48, 0.5: 0.74, 0.68: 1.32, 0.76: 1.32, 0.92: 0.66})
        * shoulder
    )
    ahead = (
        keyed(
            phase, {0.0: 0.3, 0.25: 0.56, 0.31: 0.56, 0.5: 0.56, 0.59: 0.78, 0.68: 0.6, 0.76: 0.6, 0.84: 0.7, 0.92: 0.4}
        )
        * body.arm
    )
    track.grip += hump(phase, (0.04, 0.24), (0.78, 0.98))[:, None]
    for side, sign in ((RIGHT, 1), (LEFT, -1)):
        track.hand[:, side] = np.stack([np.full_like(height, 1.2 * sign * body.shoulder_half), ahead, height], axis=1)
        track.shoulder[:, side, 0] += 60 * track.grip[:, side]
        track.elbow[:, side] += 30 * track.grip[:, side]
    return track


def bow(performance: Performance) -> Track:
    """Bow from the hips, with a straight back; the hands slide down the thighs."""
    track, phase = standing(performance, width=0.7), performance.phase
    down = keyed(phase, {0.0: 0.0, 0.05: 0.0, 0.38: 1.0, 0.56: 1.0, 0.92: 0.0}) * performance.style.size
    track.turn[:, 0] += 42 * down
    track.trunk[:, 0] += 24 * down
    track.head[:, 0] += 16 * down
    track.pelvis[:, 1] -= 0.12 * down
    track.shoulder[..., 0] += 48 * down[:, None]
    track.shoulder[..., 1] -= 3 * down[:, None]
    return track


def look(performance: Performance) -> Track:
    """Look left, then right, shading the eyes with the right hand, the body after the gaze."""
    track, phase, size = standing(performance, width=1.2), performance.phase, performance.style.size
    gaze = keyed(phase, {0.0: 0.0, 0.25: 1.0, 0.35: 1.0, 0.65: -1.0, 0.75: -1.0}) * size * performance.varied(0.1)
    after = keyed(phase - 0.04, {0.0: 0.0, 0.25: 1.0, 0.35: 1.0, 0.65: -1.0, 0.75: -1.0}) * size
    track.head[:, 2] += 24 * gaze
    track.head[:, 0] -= 5
    track.trunk[:, 2] += 30 * after
    track.turn[:, 2] += 17 * after
    track.pelvis[:, 0] -= 0.05 * after
    track.turn[:, 1] -= 3 * after
    track.trunk[:, 1] += 3 * after
    track.shoulder[:, RIGHT] = np.array([109.0, 27.0, -58.0])
    track.elbow[:, RIGHT] = 133
    track.shoulder[:, LEFT, 0] -= 8 * after
    return track
