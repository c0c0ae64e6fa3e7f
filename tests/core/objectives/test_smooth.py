"""The derivative along a path against finite differences, and its mean square by hand."""

import math

import pytest
import torch
from core.nets.frozen import frozen
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.conv import Conv
from posectl.core.nets.mlp import MLP
from posectl.core.nets.vgg import VGG
from posectl.core.objectives.cycle import Cycle
from posectl.core.objectives.smooth import Smooth
from posectl.core.objectives.speed import Speed
from posectl.errors import UsageError

PRIORS = pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
T = torch.tensor([[0.2, 0.7]], dtype=torch.float64)


def finite_difference(step, t, decoder=None, h=3e-8):  # so small that hardly any ReLU changes sides
    """By a decoder whose norms stand still, so that a sample moves along its own path alone."""
    codes = [step.path(step.z, step.z_partner, t + d) for d in (h, -h, 0)]
    still = frozen(decoder, codes[2]) if decoder else lambda z: step.decode(z)[0]
    return (still(codes[0]) - still(codes[1])) / (2 * h)


NETS = {
    "tanh": MLP((3, 3), 4, widths=(8, 8), activation="tanh"),
    "leaky, in place": MLP((3, 3), 4, widths=(8, 8)),
    "batch norm": MLP((3, 3), 4, widths=(8, 8), batch_norm=True),
    "conv": Conv((1, 8, 8), 8, depth=2),
    "vgg": VGG((1, 16, 16), 4, depth=4),
}


@PRIORS
@pytest.mark.parametrize("seeds", [(0,), (3, 1, 4)], ids=["one", "three"])
@pytest.mark.parametrize("net", NETS.values(), ids=NETS.keys())
def test_velocities_are_the_limit_of_finite_differences(prior, seeds, net):
    step, networks = small_step(Smooth(), prior, seeds, net=net, also=[Speed()])
    for place, velocity in ((step.t, step.v_t), (step.drawn("s"), step.v_s)):
        expected = finite_difference(step, place, networks["decoder"])
        torch.testing.assert_close(velocity, expected, rtol=1e-5, atol=1e-6 * expected.abs().max().item())


def test_under_batch_norm_no_sample_moves_with_the_others():
    # The first pair's ends coincide, so it stands still; through the batch's mean it would move with the rest.
    net = NETS["batch norm"]
    step, networks = small_step(Smooth(), NORMAL, net=net)
    a, b = step.z.detach(), step.z_partner.detach().clone()
    b[:, 0] = a[:, 0]

    def decoded(alpha):
        return networks["decoder"](step.path(a, b, alpha))

    _, velocity = torch.func.jvp(decoded, (step.t,), (torch.ones_like(step.t),))
    assert velocity[:, 0].abs().max() == 0
    assert velocity[:, 1:].abs().amin() > 0


@PRIORS
@pytest.mark.parametrize("seeds", [(0,), (3, 1)], ids=["one", "two"])
def test_gradients_flow_through_the_derivative(prior, seeds):
    # One weight of each network is nudged, and the loss taken anew.
    step, networks = small_step(Smooth(), prior, seeds)
    for name in ("encoder", "decoder"):
        weight = next(networks[name].parameters())
        (gradient,) = torch.autograd.grad(Smooth().term(step, {}).sum(), weight, retain_graph=True)

        def term(nudge, name=name):
            again, others = small_step(Smooth(), prior, seeds)
            next(others[name].parameters()).data[0, 0, 0] += nudge
            return Smooth().term(again, {}).sum()

        expected = (term(1e-6) - term(-1e-6)) / 2e-6
        torch.testing.assert_close(gradient[0, 0, 0], expected, rtol=1e-6, atol=1e-10)


def test_by_hand_on_a_straight_path():
    # Decoder x/4 of codes 2x: d x_hat / d alpha = (x_j - x_i) / 2 wherever on the path.
    x = torch.tensor([[[[[1.0, 2.0]]], [[[3.0, -2.0]]]]], dtype=torch.float64)
    step = linear_step(x, {"t": T})
    assert Smooth().term(step, {}).item() == pytest.approx((1**2 + 2**2) / 2)


def test_by_hand_on_the_sphere():
    # A quarter turn decoded by 0.5 x: |d x_hat / d alpha| = 0.5 pi/2, squared, over two elements.
    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]], dtype=torch.float64)
    step = linear_step(x, {"t": T}, decoder=0.5, prior=SPHERE)
    assert Smooth().term(step, {}).item() == pytest.approx((math.pi / 4) ** 2 / 2)


def test_ends_that_coincide_or_are_opposite_have_finite_velocities_and_gradients():
    # A half turn goes at pi wherever it leads; a path to itself stands still.
    x = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [0.0, 2.0], [-1.0, 0.0]]], dtype=torch.float64)
    encoder = Scale(2.0)
    step = linear_step(x, {"t": torch.full((1, 4), 0.3, dtype=torch.float64)}, encoder, 1.0, prior=SPHERE)
    speed = torch.linalg.vector_norm(step.v_t, dim=-1)
    torch.testing.assert_close(speed, torch.tensor([[math.pi, 0, 0, math.pi]], dtype=torch.float64))
    (gradient,) = torch.autograd.grad(Smooth().term(step, {}).sum(), encoder.factor)
    assert gradient.isfinite()


def test_poses_are_reduced_as_their_reconstruction_is():
    # One of two joints moves by (1, 2, 2) m per unit of alpha: 9 / 2.
    x = torch.zeros(1, 2, 2, 3, dtype=torch.float64)
    x[0, 1, 1] = torch.tensor([1.0, 2.0, 2.0])
    step = linear_step(x, {"t": T}, encoder=1.0, decoder=1.0)
    assert Smooth().term(step, {}).item() == pytest.approx(9 / 2)


@PRIORS
def test_a_grid_takes_the_mean_over_its_places(prior):
    step, _ = small_step(Smooth(grid=4), prior, (0, 1))
    at = torch.tensor([0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
    each = [finite_difference(step, torch.full_like(step.t, a)).square().sum((-1, -2)).mean(1) / 3 for a in at]
    torch.testing.assert_close(Smooth(grid=4).term(step, {}), torch.stack(each).mean(0), rtol=1e-5, atol=1e-7)


def test_what_other_objectives_see_at_t_does_not_change():
    alone, _ = small_step(Cycle(), SPHERE)
    beside, _ = small_step(Cycle(), SPHERE, also=[Smooth()])
    torch.testing.assert_close(Cycle().term(beside, {}), Cycle().term(alone, {}))


def test_moves_encoder_and_decoder():
    step, networks = small_step(Smooth())
    term = Smooth().term(step, {})
    assert moved(term, networks["encoder"])
    assert moved(term, networks["decoder"])


@PRIORS
@pytest.mark.parametrize("grid", [0, 2])
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, grid, pairing):
    assert_replicas_apart(Smooth(grid=grid), prior, pairing=pairing)


def test_a_pair_of_one_sample_with_itself_stands_still():
    step, _ = small_step(Smooth(), SPHERE, batch=1)
    assert Smooth().term(step, {}).item() == 0


@pytest.mark.parametrize("kind", [Smooth, Cycle])
def test_a_grid_has_no_negative_number_of_intervals(kind):
    with pytest.raises(UsageError, match="intervals"):
        kind(grid=-1)
