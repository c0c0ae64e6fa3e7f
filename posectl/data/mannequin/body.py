"""The body: segment lengths as fractions of stature, and their variation between people.

R. Drillis and R. Contini, "Body segment parameters", New York University TR 1166-03, 1966, as drawn in D. A. Winter,
"Biomechanics and Motor Control of Human Movement", Fig. 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

# Heights above the floor of a standing person, and lengths, as fractions of stature.
ANKLE, KNEE, HIP, SHOULDER, CHIN = 0.039, 0.285, 0.530, 0.818, 0.870
UPPER_ARM, FOREARM, FOOT = 0.186, 0.146, 0.152

# Joint centres lie inside the breadths that the table gives. Human3.6M's hips are 133 mm from the middle on a body of
# 1.75 m, and its spine divides 233 : 257 (una-dinosauria/human-motion-prediction, forward_kinematics.py).
_HIP_HALF, _SHOULDER_HALF, _SHOULDER_DROP, _NOSE_FORWARD = 0.076, 0.102, 0.012, 0.032
_LUMBAR = 233 / (233 + 257)
# The heel is behind the ankle and the ball of the foot ahead of it; foot length lies between heel and toe.
_HEEL, _BALL = 0.20, 0.50


@dataclass(frozen=True)
class Body:
    """The lengths of a body in metres; left and right are alike.

    The nose is forward of and up from the thorax, the top of the head straight above the thorax, `head_up` from the
    nose; `heel` and `ball` are how far behind and ahead of the ankle the foot touches the ground.
    """

    ankle: float
    shin: float
    thigh: float
    hip_half: float
    lumbar: float
    thoracic: float
    shoulder_half: float
    shoulder_drop: float
    upper_arm: float
    forearm: float
    nose_forward: float
    nose_up: float
    head_up: float
    heel: float
    ball: float

    @property
    def leg(self) -> float:
        """The length of thigh and shin."""
        return self.thigh + self.shin

    @property
    def arm(self) -> float:
        """The length of upper arm and forearm."""
        return self.upper_arm + self.forearm

    @property
    def hip_height(self) -> float:
        """Height of the hips with straight legs."""
        return self.ankle + self.leg

    @property
    def shoulder_height(self) -> float:
        """The height of the shoulders with straight legs."""
        return self.hip_height + self.lumbar + self.thoracic - self.shoulder_drop


def body_of(stature: float) -> Body:
    """Return the table's body of `stature` metres."""
    trunk = SHOULDER - HIP
    fractions = Body(
        ankle=ANKLE,
        shin=KNEE - ANKLE,
        thigh=HIP - KNEE,
        hip_half=_HIP_HALF,
        lumbar=trunk * _LUMBAR,
        thoracic=trunk * (1 - _LUMBAR),
        shoulder_half=_SHOULDER_HALF,
        shoulder_drop=_SHOULDER_DROP,
        upper_arm=UPPER_ARM,
        forearm=FOREARM,
        nose_forward=_NOSE_FORWARD,
        nose_up=CHIN - SHOULDER,
        head_up=1 - CHIN,
        heel=FOOT * _HEEL,
        ball=FOOT * _BALL,
    )
    return _scaled(fractions, dict.fromkeys(vars(fractions), stature))


def _scaled(body: Body, factors: Mapping[str, float]) -> Body:
    return replace(body, **{length: getattr(body, length) * factor for length, factor in factors.items()})


def random_body(rng: np.random.Generator, stature: float | None = None) -> Body:
    """Draw a person of so many metres, by default 1.52 to 1.92, with limbs, shoulders and hips a few per cent off the
    table's proportions."""
    body = body_of(rng.uniform(1.52, 1.92) if stature is None else stature)
    legs, arms, shoulders, hips = 1 + rng.uniform(-1, 1, 4) * (0.03, 0.04, 0.08, 0.08)
    limbs = {"thigh": legs, "shin": legs, "upper_arm": arms, "forearm": arms}
    return _scaled(body, {**limbs, "shoulder_half": shoulders, "hip_half": hips})
