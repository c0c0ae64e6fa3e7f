"""Kinds in general: one from outside, of which nothing is said but its axes, and which kind has a shape."""

import numpy as np
import pytest
import torch

from posectl.core.kinds import KINDS, Kind, kind, of_shape
from posectl.core.latent.priors import SPHERE
from posectl.core.metrics.mean_distance import mean_distance
from posectl.core.metrics.path_length_ratio import path_length_ratio
from posectl.core.metrics.precision_distance import precision_distance
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.training.loop import Plan, Trainer


@pytest.fixture
def curves():
    """Curves (N, T) of nothing in particular, registered for the length of a test."""

    @kind("known curves")
    class Curves(Kind):
        axes = ("time",)

    yield KINDS.get("known curves")
    KINDS.unregister("known curves")


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_kind_that_says_nothing_but_its_axes_is_compared_element_by_element(curves):
    x, x_hat = randn(2, 5, 30), randn(2, 5, 30, seed=1)
    squares = (x_hat.double() - x.double()).numpy() ** 2
    np.testing.assert_allclose(curves.mean_square(x_hat - x).numpy(), squares.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(curves.errors(x, x_hat).numpy(), squares.mean(2), rtol=1e-6)
    np.testing.assert_allclose(curves.distance(x, x_hat).numpy(), np.sqrt(squares.mean(2)), rtol=1e-14)
    np.testing.assert_allclose(curves.speed(x).numpy(), np.sqrt((x.double().numpy() ** 2).mean(2)), rtol=1e-6)
    assert (curves.name, curves.unit, curves.path_unit, curves.noun) == ("known curves", "1", "1", "sample")


def test_a_straight_path_of_any_kind_has_ratio_one_and_its_nearest_by_l2(curves):
    ends, alpha = randn(4, 2, 30).double(), torch.linspace(0, 1, 7, dtype=torch.float64)[:, None]
    paths = (1 - alpha) * ends[:, :1] + alpha * ends[:, 1:]
    assert path_length_ratio(paths, curves)["mean"] == pytest.approx(1, abs=1e-12)
    reference = randn(50, 30, seed=2).double()
    l2 = np.linalg.norm(paths.reshape(-1, 1, 30).numpy() - reference.numpy(), axis=-1).min(1)
    for score in (mean_distance(paths, reference, curves), precision_distance(paths.flatten(0, 1), reference, curves)):
        assert score["mean"] == pytest.approx(l2.mean(), rel=1e-12)
        assert (score["distance"], score["unit"]) == ("l2", "1")


def test_a_kind_from_outside_is_trained(curves):
    phase = 6.28 * torch.rand(200, 1, generator=torch.Generator().manual_seed(0))
    data = torch.sin(phase + torch.linspace(0, 3, 20))
    plan = Plan(steps=150, batch=32, lr=3e-3, evaluate_every=150)
    net = MLP((20,), 2, widths=(32,))
    run = Trainer(net, SPHERE, [[ACAI(lam=0.1)]], data[:150], data[150:], plan, [0], kind=curves)
    assert run.run()
    # Answering with the mean curve leaves the variance.
    assert run.history.tests[150][0] < 0.1 * (data[150:] - data[:150].mean(0)).square().mean().item()


@pytest.mark.parametrize(
    ("shape", "name"),
    [((17, 3), "poses"), ((3, 8, 8), "images"), ((1, 17, 3), "images"), ((51,), None), ((2, 8, 8), None), ((), None)],
)
def test_a_shape_tells_its_kind(shape, name):
    found = of_shape(shape)
    assert (found.name if found else None) == name


def test_a_shape_that_no_other_kind_has_is_that_of_a_kind_from_outside(curves):
    assert of_shape((30,)) is curves
    assert of_shape((17, 3)).name == "poses"


def test_poses_and_images_come_before_a_kind_from_outside_that_accepts_everything(curves, monkeypatch):
    monkeypatch.setattr(type(curves), "accepts", lambda self, shape: True)
    assert [of_shape(shape).name for shape in ((17, 3), (3, 8, 8), (4, 4))] == ["poses", "images", "known curves"]
