"""Sports on the spot: jumping jacks, boxing, kicking, lunging."""

from __future__ import annotations

import numpy as np

from posectl.data.mannequin.curves import hump, keyed, step
from posectl.data.mannequin.curves import wave as cosine
from posectl.data.mannequin.performance import Performance, crouch, roll, standing
from posectl.data.mannequin.rig import LEFT, RIGHT, Track

# Flexion, abduction and rotation that bring the wrists, with elbows at 96 degrees, to the hips.
_HANDS_ON_HIPS = np.array([-14.0, 33.0, -53.0])


def jumping_jack(performance: Performance) -> Track:
    """Hop twice a cycle: feet apart and arms up, feet together and arms down."""
    track, body, style, phase = (
        standing(performance, width=0.55),
        performance.body,
        performance.style,
        performance.phase,
    )
    air = ((0.12, 0.38), (0.62, 0.88))
    apart = step(phase, *air[0]) - step(phase, *air[1])
    for side, sign in ((RIGHT, 1), (LEFT, -1)):
        track.ankle[:, side, 0] += sign * 0.28 * body.leg * style.size * apart
    in_air = np.sum([np.clip(4 * (phase - a) * (b - phase) / (b - a) ** 2, 0, None) for a, b in air], axis=0)
    track.ankle[..., 2] += (0.05 + 0.06 * style.bounce) * in_air[:, None] ** 1.5
    give = keyed(phase, {0.0: 1.0, 0.12: 0.2, 0.25: 0.0, 0.38: 0.2, 0.5: 1.0, 0.62: 0.2, 0.75: 0.0, 0.88: 0.2})
    track.pelvis[:, 2] += 0.09 * style.bounce * in_air - 0.055 * body.leg * give - 0.02
    up = keyed(phase - 0.02, {0.0: 0.0, 0.08: 0.02, 0.45: 1.0, 0.55: 1.0, 0.92: 0.02})
    track.shoulder[..., 1] += (162 * style.size**0.3 - track.shoulder[..., 1]) * up[:, None]
    track.shoulder[..., 0] += 12 * np.sin(np.pi * up)[:, None]
    track.elbow += 14 * np.sin(np.pi * up)[:, None]
    track.trunk[:, 0] += 5 * give
    return track


def box(performance: Performance) -> Track:
    """Jab and cross from a guard, the left foot ahead, the rear heel up."""
    body, style, phase = performance.body, performance.style, performance.phase
    track = standing(performance, width=1.3, stagger=0.42 * body.leg)
    jab = keyed(phase, {0.0: 0.0, 0.06: 0.0, 0.17: 1.0, 0.2: 1.0, 0.34: 0.0})
    cross = keyed(phase, {0.0: 0.0, 0.26: 0.0, 0.41: 1.0, 0.45: 1.0, 0.66: 0.0})
    track.toe[:, RIGHT] = -50 + 25 * cross
    track.toe[:, LEFT] = -12
    roll(performance, track, RIGHT, 14 + 26 * cross)
    bounce = 0.012 * style.bounce * cosine(2 * performance.cycles, 0.1)
    track.pelvis[:, 2] += -0.075 * body.leg + bounce
    track.pelvis[:, 1] += 0.05 * jab + 0.09 * cross
    track.turn[:, 2] += -34 - 6 * jab + 34 * cross
    track.trunk[:, 2] += -12 * jab + 26 * cross
    track.turn[:, 0] += 3
    track.trunk[:, 0] += 7
    track.head[:, 2] += 32 + 18 * jab - 58 * cross
    guard = np.array([46.0, 4.0, -16.0])
    track.shoulder[:] = guard
    track.elbow[:] = 132
    for side, punch, aside in ((LEFT, jab, 50.0), (RIGHT, cross, -14.0)):
        track.shoulder[:, side] += punch[:, None] * (np.array([88.0, aside, 0.0]) - guard)
        track.elbow[:, side] -= 124 * style.size**0.3 * punch
    return track


def kick(performance: Performance) -> Track:
    """Kick with the right leg: the knee comes up, the foot snaps out and back, and is set down where it was."""
    body, style, phase = performance.body, performance.style, performance.phase
    track = standing(performance, width=0.8, stagger=0.2 * body.leg)
    up = hump(phase, (0.12, 0.3), (0.62, 0.82))
    track.free[:, RIGHT] = up
    track.hip[:, RIGHT, 0] = keyed(phase, {0.1: 5, 0.36: 86, 0.46: 88, 0.6: 70, 0.82: 5}) * style.size**0.5
    track.hip[:, RIGHT, 1] = 4
    track.knee[:, RIGHT] = keyed(phase, {0.08: 8, 0.33: 104, 0.46: 12, 0.6: 92, 0.84: 12})
    over_left = hump(phase, (0.02, 0.24), (0.72, 0.95))
    track.pelvis[:, 0] += (track.ankle[:, LEFT, 0] * 0.9 - track.pelvis[:, 0]) * over_left
    track.pelvis[:, 1] += (track.ankle[:, LEFT, 1] + 0.02 - track.pelvis[:, 1]) * over_left
    track.pelvis[:, 2] -= 0.02
    extended = keyed(phase, {0.25: 0, 0.46: 1, 0.66: 0})
    track.turn[:, 0] -= 12 * up + 8 * extended
    track.turn[:, 2] += 14 * extended
    track.turn[:, 1] -= 5 * up
    track.trunk[:, 0] += 16 * up - 4 * extended
    track.trunk[:, 2] -= 10 * extended
    track.head[:, 0] += 4 * up
    track.shoulder[:] = np.array([30.0, 16.0, -14.0])
    track.elbow[:] = 104
    track.shoulder[:, RIGHT, 0] -= 48 * extended
    track.elbow[:, RIGHT] -= 62 * extended
    track.shoulder[:, LEFT, 0] += 14 * extended
    return track


def lunge(performance: Performance) -> Track:
    """Step ahead with the left foot, bend both knees to a right angle, and step back."""
    body, style, phase = performance.body, performance.style, performance.phase
    track = standing(performance, width=1.0)
    out = hump(phase, (0.06, 0.26), (0.64, 0.88))
    length = 0.86 * body.leg * min(style.size, 1.02)
    in_air = np.sin(np.pi * step(phase, 0.06, 0.26)) ** 2 + np.sin(np.pi * step(phase, 0.64, 0.88)) ** 2
    track.ankle[:, LEFT, 1] += length * out
    track.ankle[:, LEFT, 2] += 0.11 * body.leg * in_air
    down = keyed(phase, {0.12: 0.0, 0.44: 1.0, 0.5: 1.0, 0.66: 0.62, 0.92: 0.0})
    roll(performance, track, RIGHT, 16 * out + 38 * down)
    track.pelvis[:, 1] += 0.5 * length * hump(phase, (0.04, 0.34), (0.62, 0.92))
    crouch(track, 0.42 * body.leg * down, back=0.0, tilt=8, flex=6)
    track.shoulder[:] = _HANDS_ON_HIPS
    track.elbow[:] = 96
    return track
