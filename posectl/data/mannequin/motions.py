"""The motions of the mannequin, with the usual seconds of a cycle of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from posectl.data.mannequin import everyday, gaits, sports
from posectl.data.mannequin.performance import Performance
from posectl.data.mannequin.rig import Track


@dataclass(frozen=True)
class Motion:
    """A motion: the function that makes its track, its usual period in seconds, and whether left-handers mirror it."""

    track: Callable[[Performance], Track]
    period: float
    handed: bool = False


MOTIONS: dict[str, Motion] = {
    "walk": Motion(gaits.walk, 1.1),
    "run": Motion(gaits.run, 0.7),
    "climb": Motion(gaits.climb, 1.35),
    "wave": Motion(everyday.wave, 2.8, handed=True),
    "squat": Motion(everyday.squat, 2.4),
    "sit": Motion(everyday.sit, 4.2),
    "lift": Motion(everyday.lift, 4.2),
    "bow": Motion(everyday.bow, 3.2),
    "look": Motion(everyday.look, 4.0, handed=True),
    "jumping-jack": Motion(sports.jumping_jack, 1.15),
    "box": Motion(sports.box, 1.9, handed=True),
    "kick": Motion(sports.kick, 2.4, handed=True),
    "lunge": Motion(sports.lunge, 3.0, handed=True),
}
