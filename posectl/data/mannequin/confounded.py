"""People of two builds and two postures, drawn so that the one tells of the other: what attribute vectors are tried on.

Sainburg et al., Generative adversarial interpolative autoencoding, 2018, section 2.4, find the young to be 0.28 to one
of the old among the male faces of CelebA-HQ, and 8.49 among the female.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from posectl.data.mannequin.body import Body, random_body
from posectl.data.mannequin.performance import Style, random_style

BUILDS = {"short": (1.50, 1.64), "tall": (1.78, 1.92)}
"""Metres of stature."""

POSTURES = {"upright": (0.0, 8.0), "stooped": (28.0, 40.0)}
"""Degrees that the trunk is bent forward."""


@dataclass(frozen=True)
class Person:
    """A body of a build, in a posture, with habits; stature in metres."""

    build: str
    posture: str
    stature: float
    body: Body
    style: Style


def confounded_people(subjects: int, seed: int, ratios: tuple[float, float]) -> list[Person]:
    """Draw people of whom every other is short, the rest tall; among the short there are ratios[0] upright ones to one
    stooped, among the tall ratios[1], as nearly as whole people allow."""
    return [_person(i, seed, ratios) for i in range(subjects)]


def _person(number: int, seed: int, ratios: tuple[float, float]) -> Person:
    rng = np.random.default_rng([seed, number])
    tall, order = number % 2, number // 2
    share = ratios[tall] / (1 + ratios[tall])
    upright = np.floor((order + 1) * share + 0.5) > np.floor(order * share + 0.5)
    build, posture = ("short", "tall")[tall], "upright" if upright else "stooped"
    stature = rng.uniform(*BUILDS[build])
    style = replace(random_style(rng), slump=rng.uniform(*POSTURES[posture]))
    return Person(build, posture, stature, random_body(rng, stature), style)
