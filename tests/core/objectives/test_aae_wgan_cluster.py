"""AAE-C by hand: each critic scores its own part of the code, and what is drawn."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.test_aae_semi import NOISES, Dot, X, family_trainer
from core.objectives.training import assert_resumes
from torch import nn

from posectl.core.latent.priors import NORMAL
from posectl.core.objectives.aae_wgan_cluster import WassersteinClusteringAAE
from posectl.core.objectives.acai import ACAI
from posectl.errors import UsageError

NETWORKS = {"categorical": Dot(1.0, 3.0), "gaussian": Dot(2.0)}
PLACE = torch.tensor([[0.25, 0.5]], dtype=torch.float64)


def test_the_losses_by_hand():
    # Scores of y (1.5, 2), of drawn classes (3, 1), of z (4, -2), of drawn styles (1, -4); slopes sqrt(10) and 2.
    objective = WassersteinClusteringAAE(clusters=2, penalty=10.0)
    step = linear_step(X, {**NOISES, "aae-wgan-cluster.place": PLACE}, encoder=1.0, latent=3)
    assert objective.term(step, NETWORKS).item() == pytest.approx(-1.75 - 1.0, rel=1e-12)
    losses = objective.adversaries(step, NETWORKS)
    assert losses["categorical"].item() == pytest.approx(1.75 - 2.0 + 10 * (10**0.5 - 1) ** 2, rel=1e-12)
    assert losses["gaussian"].item() == pytest.approx(1.0 + 1.5 + 10.0, rel=1e-12)


def test_the_term_moves_the_encoder_alone_and_each_critic_its_own_loss():
    objective = WassersteinClusteringAAE(clusters=2, width=0.1)
    step, networks = small_step(objective, NORMAL)
    term, losses = objective.term(step, networks), objective.adversaries(step, networks)
    assert moved(term, networks["encoder"])
    assert not moved(term, networks["decoder"])
    assert moved(losses["categorical"], networks["categorical"])
    assert not moved(losses["categorical"], networks["gaussian"])


def test_draws_are_a_cluster_and_a_normal_style():
    noise = torch.tensor([[9.0, 9.0, 0.5], [9.0, 9.0, -2.0]])
    drawn = WassersteinClusteringAAE(clusters=2).draws(NORMAL, noise, torch.tensor([0.9, 0.2]), nn.Identity())
    assert (drawn.codes.tolist(), drawn.classes) == ([[0, 1, 0.5], [1, 0, -2]], None)


def test_replicas_do_not_mix_and_it_resumes_to_the_bit_beside_another():
    assert_replicas_apart(WassersteinClusteringAAE(clusters=2, width=0.1), NORMAL)
    assert_resumes(lambda: family_trainer(WassersteinClusteringAAE(clusters=3, width=0.05), ACAI()))


def test_a_cluster_is_one_of_two_at_least():
    with pytest.raises(UsageError, match="two or more"):
        WassersteinClusteringAAE(clusters=1)
