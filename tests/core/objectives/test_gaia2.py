"""The later GAIA's losses by hand, and its mixes of the whole batch against chi-square variates."""

import numpy as np
import pytest
import torch
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.gaia2 import GAIA2, mixing_weights

X = torch.tensor([[[0.4, 0.8], [0.2, -0.6]]], dtype=torch.float64)


def noise(breaks, falls):
    """The same pieces for both samples of X: where the stick breaks first, and on whom the pieces fall."""
    rows = torch.full((1, 2, 32), 0.1, dtype=torch.float64)
    rows[..., 0] = breaks
    rows[..., 16:] = falls
    return {"gaia2": rows}


def errors(c, x_mix):
    """Squared errors of the discriminator c x, with x_hat = x / 2."""
    x = X[0].numpy()
    return ((x - c * x) ** 2).mean(), ((x - c * x / 2) ** 2).mean(), ((x_mix - c * x_mix) ** 2).mean()


@pytest.mark.parametrize("c", [0.7, 1.5, -1.0])
def test_losses_by_hand(c):
    # The first piece, 1 - 0.6^2, falls to the second sample, as do all others.
    step, networks = linear_step(X, noise(0.6, 0.5)), {"discriminator": Scale(c)}
    x_mix = np.stack([X[0, 1] / 2] * 2)
    real, generated, mixed = errors(c, x_mix)
    assert GAIA2().reconstruction(step, networks).item() == pytest.approx(generated, rel=1e-12)
    assert GAIA2().term(step, networks).item() == pytest.approx(mixed, rel=1e-12)
    loss = generated + real - min(mixed, real)
    assert GAIA2().adversaries(step, networks)["discriminator"].item() == pytest.approx(loss, rel=1e-12)


def test_the_discriminator_gains_by_failing_on_mixes_only_up_to_its_error_on_data():
    def slope(factor):
        decoder = Scale(factor)
        step = linear_step(X, noise(0.6, 0.5), decoder=decoder)
        loss = GAIA2().adversaries(step, {"discriminator": Scale(0.7)})["discriminator"]
        generated = GAIA2().reconstruction(step, {})
        (gradient,) = torch.autograd.grad((loss - generated).sum(), decoder.factor)
        return gradient.item()

    assert slope(0.25) < 0  # a larger decoder makes larger mixes, whose error is larger
    assert slope(5.0) == 0


def test_pieces_of_the_stick_by_hand():
    uniform = torch.full((1, 1, 32), 0.0, dtype=torch.float64)
    uniform[0, 0, :3] = torch.tensor([0.5, 0.8, 0.0])
    uniform[0, 0, 16:19] = torch.tensor([0.0, 0.99, 0.3])
    # What is left after each break: 0.25, 0.16, 0. The pieces fall to samples 0, 2 and 0 of three.
    expected = torch.tensor([[[0.75 + 0.16, 0.0, 0.25 - 0.16]]], dtype=torch.float64)
    torch.testing.assert_close(mixing_weights(uniform, 3), expected)


def test_weights_are_distributed_as_normed_chi_square_variates():
    batch, rows = 8, 40_000
    uniform = torch.rand(1, rows, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = mixing_weights(uniform, batch)[0]
    torch.testing.assert_close(weights.sum(-1), torch.ones(rows, dtype=torch.float64))
    chi = np.random.default_rng(0).chisquare(1 / batch, (rows, batch))
    published = torch.from_numpy(chi / chi.sum(1, keepdims=True))
    # Dirichlet, all concentrations a = 1/16, their sum 1/2: means, second moments, and the largest weight.
    a, total = 1 / 16, 1 / 2
    norm = total * (total + 1)
    for drawn in (weights, published):
        torch.testing.assert_close(drawn.mean(0), torch.full((8,), 1 / 8, dtype=torch.float64), atol=0.006, rtol=0)
        assert drawn.square().mean().item() == pytest.approx(a * (a + 1) / norm, rel=0.01)
        assert (drawn[:, 0] * drawn[:, 1]).mean().item() == pytest.approx(a * a / norm, rel=0.1)
    for share in (0.1, 0.5, 0.9):
        theirs, ours = (drawn.max(1).values.quantile(share).item() for drawn in (published, weights))
        assert ours == pytest.approx(theirs, abs=0.01)


def test_mixes_of_one_sample_are_that_sample():
    step = linear_step(X, noise(0.3, 0.0), prior=SPHERE)
    weights = mixing_weights(step.drawn("gaia2"), 2)
    torch.testing.assert_close(weights, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]], dtype=torch.float64))


def test_whom_each_loss_moves():
    step, networks = small_step(GAIA2(), SPHERE)
    for loss in (GAIA2().reconstruction(step, networks), GAIA2().term(step, networks)):
        assert moved(loss, networks["encoder"])
        assert moved(loss, networks["decoder"])
    assert moved(GAIA2().adversaries(step, networks)["discriminator"], networks["discriminator"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, pairing):
    assert_replicas_apart(GAIA2(), prior, pairing=pairing)
