"""One pose on a canvas: bones from far to near, coloured by side, paler and thinner with depth."""

from __future__ import annotations

import numpy as np

from posectl.render import theme
from posectl.render.body import Body
from posectl.render.camera import Camera
from posectl.render.raster import Halo, strokes

# Parts of the body's size.
LIMB = 0.021
TIP = 0.014
HEAD = 0.055
THICKEST = HEAD
# Pixels: no limb is thinner, no rim wider.
THINNEST = 0.9
RIM = 2.0
# Steps of depth that the eye can still tell apart; more would only grow the palette.
SHADES = 10
FAR = 0.55
# Body sizes from the nearest shade to the farthest; the body's middle has the middle one.
DEPTH = 0.9


def _ramp(colour: theme.Colour) -> np.ndarray:
    """From near to far (3, SHADES): the colour, fading into the ground."""
    fade = np.linspace(0, FAR, SHADES)
    return (np.outer(colour, 1 - fade) + np.outer(theme.GROUND, fade)).astype(np.float32)


class Limbs:
    """Draws poses of one body."""

    def __init__(self, body: Body) -> None:
        self.parents, self.children = np.array(body.bones, dtype=np.intp).reshape(-1, 2).T
        sides = {**dict.fromkeys(body.left, theme.LEFT), **dict.fromkeys(body.right, theme.RIGHT)}
        self.ramps = [_ramp(sides.get(child, theme.MIDDLE)) for child in self.children]
        self.is_head = np.isin(self.children, list(body.heads))
        ends_chain = ~np.isin(self.children, self.parents)
        self.widths = np.full((len(self.children), 2), LIMB)
        self.widths[ends_chain, 1] = TIP
        self.widths[self.is_head] = HEAD

    def bones(self, poses: np.ndarray) -> np.ndarray:
        """Both ends of every bone as drawn, (..., bones, 2, 3): a head is shorter, for it is a thick round thing."""
        ends = np.stack([poses[..., self.parents, :], poses[..., self.children, :]], -2)
        shrink = np.where(self.is_head, 0.3, 0.0)[:, None, None]
        return ends + shrink * (ends[..., ::-1, :] - ends)

    def draw(self, canvas: np.ndarray, bones: np.ndarray, camera: Camera) -> None:
        """Paint bones (B, 2, 3) on a canvas (3, H, W), in place."""
        strokes(canvas, *self.strokes(bones, camera))

    def strokes(
        self, bones: np.ndarray, camera: Camera
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray], Halo]:
        """Return the ends, radii, tones, ramps and rim of bones (B, 2, 3), from far to near, for raster.strokes."""
        pixels, depth, scale = camera.project(bones)
        radii = np.maximum(self.widths * scale, THINNEST)
        tones = np.clip(0.5 + (depth - depth.mean()) / DEPTH, 0, 1)
        tones[self.is_head] = tones[self.is_head].mean(-1, keepdims=True)
        rim = min(RIM, 0.4 * LIMB * camera.focal), np.array(theme.GROUND, dtype=np.float32)
        order = np.argsort(-depth.mean(-1), kind="stable")
        return pixels[order], radii[order], tones[order], [self.ramps[bone] for bone in order], rim
