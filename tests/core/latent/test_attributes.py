"""Attribute vectors against closed forms: what confounding adds to a difference of means, not to least squares."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.core.latent.attributes import Attribute, difference_of_means, least_squares
from posectl.errors import InvalidInputError

YOUNG_TO_OLD = {"male": 0.28, "female": 8.49}
"""Among the faces of CelebA-HQ (Sainburg et al., section 2.4)."""

A, B, C = (Attribute(f"a={each}", "a", each) for each in "xyz")
SPEED = Attribute("speed", "speed")


def faces(each: int = 9490) -> np.ndarray:
    """(old, male) of as many men as women, with the paper's ratios in either, rounded to whole people."""
    young = [round(each * ratio / (1 + ratio)) for ratio in (YOUNG_TO_OLD["female"], YOUNG_TO_OLD["male"])]
    rows = [(i >= young[male], male) for male in (0, 1) for i in range(each)]
    return np.array(rows, float)


def onehot(numbers: np.ndarray, count: int) -> np.ndarray:
    return np.eye(count)[numbers]


def test_a_difference_of_means_is_that():
    rng = np.random.default_rng(0)
    codes, has = rng.normal(size=(50, 3)), rng.integers(0, 2, (50, 1)).astype(float)
    expected = codes[has[:, 0] == 1].mean(0) - codes[has[:, 0] == 0].mean(0)
    np.testing.assert_allclose(difference_of_means(codes, has)[0], expected, rtol=1e-12)


def test_of_a_number_it_is_the_slope_of_its_regression():
    rng = np.random.default_rng(0)
    speed = rng.normal(size=40)
    codes = 3 - 2 * speed[:, None] + rng.normal(size=(40, 1))
    slope, _ = np.polyfit(speed, codes[:, 0], 1)
    np.testing.assert_allclose(difference_of_means(codes, speed[:, None]), [[slope]], rtol=1e-10)


def test_a_difference_of_means_leaks_by_the_papers_imbalance_and_least_squares_does_not():
    old_male = faces()
    directions = np.array([[1.0, 0.0], [0.0, 1.0]])
    codes = old_male @ directions
    attributes = [Attribute("old", "old"), Attribute("male", "male")]
    # P(male | old) - P(male | young), of as many men as women.
    male, female = (1 / (1 + YOUNG_TO_OLD[sex]) for sex in ("male", "female"))
    leak = male / (male + female) - (1 - male) / (2 - male - female)
    assert leak == pytest.approx(0.685, abs=1e-3)
    means = difference_of_means(codes, old_male)
    assert means[0] == pytest.approx([1, leak], abs=1e-3)
    np.testing.assert_allclose(least_squares(codes, old_male, attributes), directions, atol=1e-9)


def test_one_label_alone_by_least_squares_is_its_difference_of_means():
    rng = np.random.default_rng(1)
    numbers = rng.choice(3, 60, p=[0.6, 0.3, 0.1])
    codes, values = rng.normal(size=(60, 4)) + numbers[:, None], onehot(numbers, 3)
    np.testing.assert_allclose(least_squares(codes, values, [A, B, C]), difference_of_means(codes, values), atol=1e-10)


def test_least_squares_is_the_solution_of_the_normal_equations():
    rng = np.random.default_rng(2)
    numbers, speed = rng.choice(3, 80), rng.normal(size=80)
    codes = rng.normal(size=(80, 2)) + numbers[:, None] + speed[:, None] * [1.0, -1.0]
    design = np.column_stack([np.ones(80), onehot(numbers, 3)[:, 1:], speed])
    _, beyond, far, slope = np.linalg.solve(design.T @ design, design.T @ codes)
    n = np.bincount(numbers)
    found = least_squares(codes, np.column_stack([onehot(numbers, 3), speed]), [A, B, C, SPEED])
    np.testing.assert_allclose(found[0], -(n[1] * beyond + n[2] * far) / (n[1] + n[2]), atol=1e-10)
    np.testing.assert_allclose(found[1], beyond - n[2] * far / (n[0] + n[2]), atol=1e-10)
    np.testing.assert_allclose(found[3], slope, atol=1e-10)


def test_labels_that_only_ever_change_together_are_refused():
    values = np.column_stack([onehot(np.arange(9) % 2, 2), (np.arange(9) % 2) * 2.0])
    with pytest.raises(InvalidInputError, match="do not tell a, speed apart") as told:
        least_squares(np.arange(18.0).reshape(9, 2), values, [A, B, SPEED])
    assert "--by means" in told.value.hint
