"""Curves over time and over the cycle of a motion, all smooth and vectorised."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def ease(x: np.ndarray) -> np.ndarray:
    """Step from 0 before 0 to 1 after 1, by minimum jerk (T. Flash and N. Hogan, 1985)."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (10 + x * (6 * x - 15))


def step(phase: np.ndarray, start: float, end: float) -> np.ndarray:
    """Step from 0 at phase `start` to 1 at `end`, by minimum jerk."""
    return ease((phase - start) / (end - start))


def hump(phase: np.ndarray, rise: tuple[float, float], fall: tuple[float, float]) -> np.ndarray:
    """Rise from 0 to 1 over `rise` and fall to 0 over `fall`."""
    return step(phase, *rise) - step(phase, *fall)


def keyed(phase: np.ndarray, keys: Mapping[float, float]) -> np.ndarray:
    """Return the periodic curve through {phase in [0, 1): value}, which nowhere overshoots its keys.

    Cubic Hermite with the harmonic-mean slopes of F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 1984.
    """
    x, y = np.array(sorted(keys.items())).T
    width = np.diff(x, append=x[0] + 1)
    slope = np.diff(y, append=y[0]) / width
    before = np.roll(slope, 1)
    flat = slope * before <= 0
    tangent = np.where(flat, 0.0, 2 * slope * before / np.where(flat, 1.0, slope + before))
    at = (phase - x[0]) % 1.0
    i = np.searchsorted(x - x[0], at, side="right") - 1
    u = (at - (x[i] - x[0])) / width[i]
    return hermite(u, y[i], tangent[i] * width[i], np.roll(y, -1)[i], np.roll(tangent, -1)[i] * width[i])


def hermite(u: np.ndarray, p0: np.ndarray, v0: np.ndarray, p1: np.ndarray, v1: np.ndarray) -> np.ndarray:
    """Return the cubic with value p0 and slope v0 at u = 0, and p1 and v1 at u = 1."""
    return (
        p0 * ((2 * u - 3) * u * u + 1)
        + v0 * (((u - 2) * u + 1) * u)
        + p1 * ((3 - 2 * u) * u * u)
        + v1 * ((u - 1) * u * u)
    )


def swell(x: np.ndarray) -> np.ndarray:
    """Return a bump of height 1 between 0 and 1 that starts and ends gently and is highest early, at 0.4."""
    x = np.clip(x, 0.0, 1.0)
    return x**2 * (1 - x) ** 3 / 0.03456


def drift(rng: np.random.Generator, time: np.ndarray, amplitude: float = 1.0) -> np.ndarray:
    """Draw a slow random function of time (T,) about 0, never beyond `amplitude`: three sines of 0.07 to 0.35 Hz."""
    frequency = rng.uniform((0.07, 0.12, 0.2), (0.12, 0.2, 0.35))
    angle = 2 * np.pi * (frequency * time[:, None] + rng.uniform(size=3))
    return amplitude * np.sin(angle) @ np.array([0.5, 0.3, 0.2])


def wave(cycles: np.ndarray, peak: float = 0.0) -> np.ndarray:
    """Return the cosine with its crest at phase `peak`, for unwrapped phase `cycles`."""
    return np.cos(2 * np.pi * (cycles - peak))
