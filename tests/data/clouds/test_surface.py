"""Points on triangles: even over the area, on the surface, the same for the same seed."""

import numpy as np

from posectl.data.clouds.surface import areas, points_on

# A triangle of area 1/2 in the plane z = 0, and one nine times as large in z = 1.
TRIANGLES = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 0, 1], [3, 0, 1], [0, 3, 1]]], float)


def test_every_triangle_gets_its_share_of_the_points_but_for_one():
    assert areas(TRIANGLES).tolist() == [0.5, 4.5]
    points = points_on(TRIANGLES, 1000, np.random.default_rng(0))
    assert abs((points[:, 2] == 0).sum() - 100) <= 1


def test_points_are_uniform_within_a_triangle():
    points = points_on(TRIANGLES[1:], 40_000, np.random.default_rng(0))
    assert (points[:, 0] >= 0).all()
    assert (points[:, 1] >= 0).all()
    assert (points[:, :2].sum(1) <= 3 + 1e-12).all()
    # The mean is the centroid, and the variance of each coordinate is side^2 / 18.
    np.testing.assert_allclose(points.mean(0), [1, 1, 1], atol=0.02)
    np.testing.assert_allclose(points[:, :2].var(0), 0.5, rtol=0.03)


def test_the_order_of_points_says_nothing_of_their_place():
    points = points_on(TRIANGLES, 1000, np.random.default_rng(0))
    first, last = (points[:500, 2] == 0).sum(), (points[500:, 2] == 0).sum()
    assert min(first, last) > 30
    assert points.tolist() == points_on(TRIANGLES, 1000, np.random.default_rng(0)).tolist()


def test_a_triangle_without_area_gets_no_point():
    flat = np.concatenate([TRIANGLES, [[[5, 5, 5]] * 3]])
    assert points_on(flat, 100, np.random.default_rng(0)).max() <= 3
