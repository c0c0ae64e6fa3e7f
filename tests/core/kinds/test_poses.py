"""Poses: squared metres by hand, mean joint distances against a float64 brute force."""

import numpy as np
import pytest
import torch

from posectl.core.kinds import KINDS

POSES = KINDS.get("poses")


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_reconstruction_loss_is_squared_metres_over_joints_by_hand():
    # Of two samples of 17 joints one joint is off by (1, 2, 2) m: 9 m^2 over 2 x 17 joints. The other replica is exact.
    differences = torch.zeros(2, 2, 17, 3)
    differences[0, 1, 5] = torch.tensor([1.0, 2.0, 2.0])
    assert POSES.mean_square(differences).tolist() == pytest.approx([9 / 34, 0])


def test_the_test_error_is_the_mean_joint_distance():
    x, x_hat = randn(2, 9, 17, 3), randn(2, 9, 17, 3, seed=1)
    by_hand = np.sqrt(((x_hat.double() - x.double()).numpy() ** 2).sum(-1)).mean(-1)
    np.testing.assert_allclose(POSES.errors(x, x_hat).numpy(), by_hand, rtol=1e-6)


def test_the_distance_is_the_mean_joint_distance_in_float64():
    paths = randn(4, 7, 17, 3)
    gaps = paths.double().numpy() - paths[:, :1].double().numpy()
    distance = POSES.distance(paths, paths[:, :1])
    assert distance.dtype == torch.float64
    np.testing.assert_allclose(distance.numpy(), np.linalg.norm(gaps, axis=-1).mean(-1), rtol=1e-14)


def test_the_speed_is_the_mean_over_joints_of_their_speeds():
    velocity = torch.tensor([[[[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]]]])
    assert POSES.speed(velocity).item() == pytest.approx((5 + 1) / 2)


def test_a_step_along_a_path_is_its_speed_times_the_time():
    # distance and speed are one norm: of a straight path at constant speed.
    start, velocity = randn(3, 17, 3).double(), randn(3, 17, 3, seed=1).double()
    moved = POSES.distance(start + 0.25 * velocity, start)
    torch.testing.assert_close(moved, 0.25 * POSES.speed(velocity[None])[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("shape", "fits"), [((17, 3), True), ((5, 3), True), ((17, 2), False), ((51,), False), ((1, 17, 3), False)]
)
def test_it_accepts_any_number_of_joints_in_three_coordinates(shape, fits):
    assert POSES.accepts(shape) is fits


def test_what_trains_and_measures_it_is_as_published():
    assert (POSES.unit, POSES.path_unit) == ("m", "m")
    assert (POSES.prior, POSES.net, POSES.likelihood) == ("sphere", "mlp", "gaussian")
    # Eq. 8 of the pose report for samples; its Eqs. 4 and 5, and its code, for interpolations.
    assert (POSES.search, POSES.path_search) == ("mpjpe", "l2")
