"""Error rates by hand: of classes, of clusters by their heads, of a regression."""

import numpy as np
import pytest

import posectl


def test_the_most_probable_class_counts():
    told = np.array([[0.4, 0.35, 0.25], [0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [0.2, 0.3, 0.5]])
    score = posectl.metrics.error_rate(told, np.array([0, 2, 0, 2]))
    assert (score["mean"], score["count"]) == (0.25, 4)
    assert score["warning"] == "No test sample is of class 1."


def test_a_cluster_is_what_its_most_certain_training_sample_is():
    # Cluster 0 is named by sample 2 (0.9), of label 5, though most of its samples are of label 3.
    trained = np.array([[0.6, 0.4], [0.7, 0.3], [0.9, 0.1], [0.2, 0.8]])
    tested = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])
    score = posectl.metrics.head_error_rate(trained, np.array([3, 3, 5, 1]), tested, np.array([3, 5, 1, 1]))
    assert (score["mean"], score["heads"], score["clusters"], score["used"]) == (0.25, [5, 1], 2, 2)


def test_a_cluster_that_nothing_is_in_does_not_count():
    told = np.array([[0.9, 0.1, 0.0], [0.4, 0.5, 0.1]])
    score = posectl.metrics.head_error_rate(told, np.array([0, 1]), told, np.array([0, 1]))
    assert (score["mean"], score["clusters"], score["used"]) == (0.0, 3, 2)


def test_the_regression_is_that_of_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(60, 4)), np.arange(60) % 3
    x[:, :3] += 1.5 * np.eye(3)[y]
    test, truth = draw.normal(size=(200, 4)), draw.integers(3, size=200)
    theirs = linear.LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(x, y)
    score = posectl.metrics.logistic_error_rate(x, y, test, truth, 3)
    assert score["mean"] == pytest.approx((theirs.predict(test) != truth).mean(), abs=0.01)
    assert score["labelled"] == 60
