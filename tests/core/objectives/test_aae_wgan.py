"""The Wasserstein AAE by hand: its losses and gradient penalty, whom they move, and that it resumes and stacks."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, assert_stacks, trainer
from torch import nn

from posectl.core.latent.priors import NARROW, NORMAL
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.aae_wgan import WassersteinAAE
from posectl.core.objectives.acai import ACAI
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0], [3.0, -6.0]]], dtype=torch.float64)
NOISE = torch.tensor([[[0.5, -1.0], [2.0, 1.0]]], dtype=torch.float64)
PLACE = torch.tensor([[0.25, 0.5]], dtype=torch.float64)
NOISES = {"aae-wgan": NOISE, "aae-wgan.place": PLACE}


class Square(nn.Module):
    """The squared length of a code, as a critic's score: its slope is twice the code."""

    def forward(self, x):
        return x.square().sum(-1)


def test_losses_and_gradient_penalty_by_hand():
    # Codes are 2 x, draws of the narrow prior a fifth of the noise.
    step, networks = linear_step(X, NOISES, prior=NARROW), {"critic": Square()}
    of_codes = ((4 + 16) + (36 + 144)) / 2
    of_draws = ((0.01 + 0.04) + (0.16 + 0.04)) / 2
    between = [(0.1 + 0.25 * 1.9, -0.2 + 0.25 * 4.2), (0.4 + 0.5 * 5.6, 0.2 - 0.5 * 12.2)]
    penalty = sum((2 * (x**2 + y**2) ** 0.5 - 1) ** 2 for x, y in between) / 2
    objective = WassersteinAAE(penalty=10)
    assert objective.term(step, networks).tolist() == pytest.approx([-of_codes], rel=1e-14)
    assert objective.gradient_penalty(step, networks, "critic").tolist() == pytest.approx([penalty], rel=1e-14)
    found = objective.adversaries(step, networks)["critic"].tolist()
    assert found == pytest.approx([of_codes - of_draws + 10 * penalty], rel=1e-14)


def test_the_penalty_moves_the_critic_as_differences_say():
    step, networks = small_step(WassersteinAAE(width=0.02), NORMAL)
    critic, objective = networks["critic"], WassersteinAAE(width=0.02)
    weight = next(critic.parameters())
    (gradient,) = torch.autograd.grad(objective.gradient_penalty(step, networks, "critic").sum(), weight)
    for place in ((0, 0, 0), (0, 2, 5), (0, 3, 9)):
        ends = []
        for shift in (1e-6, -2e-6):
            with torch.no_grad():
                weight[place] += shift
            ends.append(objective.gradient_penalty(step, networks, "critic").item())
        with torch.no_grad():
            weight[place] += 1e-6
        assert gradient[place].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-8)


def test_the_term_moves_the_encoder_alone_and_the_critic_its_own_loss():
    step, networks = small_step(WassersteinAAE(), NORMAL)
    term, own = WassersteinAAE().term(step, networks), WassersteinAAE().adversaries(step, networks)["critic"]
    assert moved(term, networks["encoder"])
    assert not moved(term, networks["decoder"])
    assert moved(own, networks["critic"])


def test_the_published_critic():
    sizes = [(128, 512), (512, 512), (512, 128), (128, 64), (64, 1)]
    critic = WassersteinAAE().networks(MLP((17, 3), 128), 1)["critic"]
    assert sum(p.numel() for p in critic.parameters()) == sum(i * o + o for i, o in sizes)


@pytest.mark.parametrize("prior", [NORMAL, NARROW], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(WassersteinAAE(), prior)


def test_it_resumes_to_the_bit_and_stacks_beside_another():
    options = {"prior": NARROW, "steps": 40, "evaluate_every": 20}
    assert_resumes(lambda: trainer(WassersteinAAE(width=0.1), ACAI(), **options), stop=25)
    assert_stacks(lambda seeds: trainer(WassersteinAAE(width=0.125), seeds=seeds, **options))


def test_codes_come_to_have_the_priors_deviation():
    plain, drawn = (trainer(WassersteinAAE(lam=lam, width=0.25), prior=NARROW, steps=800) for lam in (0.0, 1e-3))
    for run in (plain, drawn):
        run.run()
    spreads = [run.networks["encoder"](run.test[None])[..., : run.latent].std().item() for run in (plain, drawn)]
    assert abs(spreads[1] - 0.2) < 0.07 < abs(spreads[0] - 0.2) / 2


def test_settings_that_make_no_sense_are_refused():
    for options in ({"penalty": -1.0}, {"width": 0.0}):
        with pytest.raises(UsageError):
            WassersteinAAE(**options)
