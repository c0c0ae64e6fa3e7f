"""Clouds as balls: where they stand, what hides what, and the light on a surface."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import theme
from posectl.render.camera import spin
from posectl.render.cloud import STEPS, TONES, CloudView, _balls, surface_of


def ball(count=400, radius=0.5, seed=0):
    points = np.random.default_rng(seed).normal(size=(count, 3))
    return radius * points / np.linalg.norm(points, axis=1, keepdims=True)


def rows_of(picture):
    """The rows of pixels that show more than greys."""
    away = picture.astype(int).max(-1) - picture.astype(int).min(-1)
    return np.flatnonzero((away > 60).any(1))


def test_normals_are_those_of_the_surface():
    points = ball(2000)
    surface = surface_of(points)
    cosine = np.abs((surface.normals * points / 0.5).sum(1))
    assert np.median(cosine) > 0.99
    flat = surface_of(np.random.default_rng(1).uniform(size=(200, 3)) * (1, 1, 0))
    np.testing.assert_allclose(np.abs(flat.normals), np.tile([0, 0, 1], (200, 1)), atol=1e-9)


def test_clouds_of_a_picture_share_one_scale_and_stand_on_the_floor():
    large, small = ball(), ball(radius=0.25)
    view = CloudView([large[None], small[None]], size=200)
    tall, low = (rows_of(view.draw(view.surface(cloud))) for cloud in (large, small))
    assert np.ptp(tall) == pytest.approx(2 * np.ptp(low), rel=0.12)  # balls are as thick on both
    assert abs(tall[-1] - low[-1]) <= 0.1 * np.ptp(tall)  # seen from above, a small one ends a little higher up


def test_every_cloud_lies_within_its_picture_however_it_is_turned():
    tall = ball() * (0.3, 1, 2)
    view = CloudView([tall[None]], size=128, turning=True)
    for turn in spin(np.arange(0, 360, 30.0)):
        picture = view.draw(view.surface(tall).turned(turn))
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == theme.GROUND).all()


def test_the_nearer_ball_hides_the_farther_one_and_the_far_fade():
    def steps(*points):
        """The steps of depth seen in the left and in the right half by an eye that looks along +y."""
        cloud = np.array(points, dtype=float)
        view = CloudView([cloud[None]], size=100, azimuth=0, elevation=0)
        halves = np.split(_balls(view.surface(cloud), view.camera, 100), 2, axis=1)
        return [set((half[half < STEPS * TONES] // TONES).tolist()) for half in halves]

    assert steps((0, 0.5, 0), (0, -0.5, 0)) == [{0}, {0}]
    assert steps((0.5, 0.5, 0), (-0.5, -0.5, 0)) == [{0}, {STEPS - 1}]


def test_the_vertical_is_turned_upright():
    standing = ball() * (0.3, 0.3, 1)
    lying = standing[:, [0, 2, 1]] * (1, 1, -1)  # the same body with +y up
    views = [CloudView([standing[None]], size=96), CloudView([lying[None]], up="+y", size=96)]
    pictures = [view.draw(view.surface(cloud)) for view, cloud in zip(views, (standing, lying), strict=True)]
    np.testing.assert_array_equal(*pictures)


def test_equal_clouds_draw_equal_bytes_and_colours_tell_them_apart():
    view = CloudView([ball()[None]], size=96)
    surface = view.surface(ball())
    np.testing.assert_array_equal(view.draw(surface), view.draw(view.surface(ball())))
    blue, red = view.draw(surface, theme.LEFT), view.draw(surface, theme.RIGHT)
    on = (blue != red).any(-1)
    assert blue[on].mean(0)[2] > blue[on].mean(0)[0]
    assert red[on].mean(0)[0] > red[on].mean(0)[2]


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 5, 2)), np.zeros((5, 3)), np.zeros((0, 5, 3)), np.full((1, 5, 3), np.nan)]
)
def test_what_is_no_cloud_is_refused(bad):
    with pytest.raises(InvalidInputError, match="Set 0"):
        CloudView([bad])


def test_a_picture_too_small_is_refused():
    with pytest.raises(UsageError, match="too small"):
        CloudView([ball()[None]], size=20)
