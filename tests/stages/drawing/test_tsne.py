"""Real and drawn samples in one plane: those of each sort, and what it needs."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from posectl.errors import UnavailableError, UsageError
from posectl.stages.drawing import tsne
from posectl.stages.drawing.tsne import tsne_of
from posectl.stages.options import PlotOptions, TrainOptions
from posectl.stages.plot import plot
from posectl.stages.train import train

SMALL = TrainOptions(steps=2, latent=3, batch=8, set=("mlp.widths=8",))


@pytest.fixture
def model(run):
    return train(replace(run, name="plain"), None, SMALL).artifact


def test_real_samples_and_as_many_draws_lie_apart_where_a_model_knows_nothing(run, model, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(tsne, "MOST", 60)
    shown = tsne_of(run, model)
    assert shown.codes.shape == (120, 2)
    assert (shown.classes, shown.values.tolist()) == (["real", "drawn"], [0] * 60 + [1] * 60)
    # A model of two steps draws nothing like a body: the two sorts are told apart by their nearest neighbours.
    apart = np.linalg.norm(shown.codes[:, None] - shown.codes[None], axis=2) + np.diag(np.full(120, np.inf))
    assert (shown.values[apart.argmin(1)] == shown.values).mean() > 0.95
    np.testing.assert_array_equal(tsne_of(run, model).codes, shown.codes)


def test_without_scikit_learn_the_extra_is_named(run, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(UnavailableError, match="scikit-learn") as error:
        plot(run, ["plain"], None, PlotOptions(kind="tsne"))
    assert "posectl[sklearn]" in error.value.hint


def test_it_is_of_one_model(run, model):
    train(replace(run, name="other"), None, replace(SMALL, steps=3))
    with pytest.raises(UsageError, match="one model"):
        plot(run, ["plain", "other"], None, PlotOptions(kind="tsne"))
