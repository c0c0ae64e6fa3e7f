"""The AAE for dimensionality reduction by hand: a code is W y + z, and heads are kept apart."""

import math

import pytest
import torch
from core.objectives.test_aae_semi import LABELLED, NETWORKS, Dot, family_trainer, softplus
from core.objectives.training import assert_resumes
from torch import nn

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.aae_reduce import AroundHeads, Heads, ReducingAAE, nearness
from posectl.core.objectives.step import Step
from posectl.errors import UsageError

HEADS = torch.tensor([[[1.0], [4.0]]], dtype=torch.float64)
X = torch.tensor([[[0.75, 0.25, 2.0], [0.5, 0.5, -1.0]]], dtype=torch.float64)
NOISES = {
    "style": torch.tensor([[[0.5], [-2.0]]], dtype=torch.float64),
    "class": torch.tensor([[0.9, 0.2]], dtype=torch.float64),
}


def encoder(inner=None):
    made = AroundHeads(inner or nn.Identity(), Heads(1, 2, 1, eta=0.0)).double()
    made.heads.matrix.data[:] = HEADS
    return made


def step_of():
    return Step(
        encoder(), nn.Identity(), NORMAL, X, NOISES, kind=KINDS.get("images"), latent=1, labelled=LABELLED
    )  # fmt: skip


def test_a_code_is_its_heads_mixed_plus_its_style():
    # 0.75 * 1 + 0.25 * 4 + 2, and 0.5 * 1 + 0.5 * 4 - 1.
    assert step_of().z.tolist() == [[[3.75], [1.5]]]
    assert step_of().extra.tolist() == X.tolist()


def test_the_term_by_hand():
    # Heads are 3 apart: eta = 5 wants 2 more. Discriminators and labels as of aae-semi: y and z are the same.
    adversarial = (softplus(-1.5) + softplus(-2)) / 2 + (softplus(-4) + softplus(2)) / 2
    of_labels = (math.log(4) + math.log(2)) / 2
    term = ReducingAAE(classes=2, eta=5.0, supervision=3.0, sigma=0.0).term(step_of(), NETWORKS)
    assert term.item() == pytest.approx(adversarial + 2 + 3 * of_labels, rel=1e-12)
    clusters = ReducingAAE(clusters=2, eta=5.0, sigma=0.0).term(step_of(), NETWORKS)
    assert clusters.item() == pytest.approx(adversarial + 2, rel=1e-12)


def test_heads_push_no_further_than_eta():
    corners = torch.tensor([[[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]], dtype=torch.float64)  # 3, 4 and 5 apart
    assert nearness(corners, 4.5).item() == pytest.approx(1.5 + 0.5)
    assert nearness(corners, 3.0).item() == 0


def test_the_discriminators_see_class_and_style_and_not_the_code():
    losses = ReducingAAE(classes=2, sigma=0.0).adversaries(
        step_of(), {"categorical": Dot(1.0, 3.0), "gaussian": Dot(2.0)}
    )
    gaussian = (softplus(4) + softplus(-2)) / 2 + (softplus(-1) + softplus(4)) / 2
    assert losses["gaussian"].item() == pytest.approx(gaussian, rel=1e-12)


def test_draws_lie_about_the_heads():
    drawn = ReducingAAE(classes=2).draws(NORMAL, torch.tensor([[0.5], [-2.0]]), torch.tensor([0.9, 0.2]), encoder())
    assert (drawn.codes.tolist(), drawn.classes.tolist()) == ([[4.5], [-1.0]], [1, 0])


def test_the_net_gives_class_and_style_and_the_code_has_the_size_asked_for():
    made = ReducingAAE(classes=10).encoder(nn.Identity(), MLP((3, 3), 2, widths=(8,)), 1)
    assert made(torch.zeros(1, 4, 3, 3)).shape == (1, 4, 2 + 10 + 2)
    assert made.heads.matrix.shape == (1, 10, 2)


@pytest.mark.parametrize("objective", [ReducingAAE(width=8), ReducingAAE(width=8, clusters=4)])
def test_it_resumes_to_the_bit(objective):
    assert_resumes(lambda: family_trainer(objective, latent=2))


def test_heads_end_apart():
    run = family_trainer(ReducingAAE(width=8, clusters=4, eta=2.0), latent=2, steps=400, lr=1e-2)
    run.run()
    heads = torch.pdist(run.networks["encoder"].heads.matrix[0].detach())
    assert heads.min() > 1.9


def test_as_many_heads_as_digits_have_room_from_the_start():
    # Pairs of points of N(0, s^2) in the plane are nearer than eta with probability 1 - exp(-eta^2 / 4 s^2), 0.095 here.
    run = family_trainer(ReducingAAE(width=8, clusters=10), latent=2, steps=400, lr=1e-2)
    near = torch.pdist(run.networks["encoder"].heads.matrix[0].detach()) < 6
    assert near.sum() < 45 / 4
    run.run()
    assert torch.pdist(run.networks["encoder"].heads.matrix[0].detach()).min() > 5


def test_it_needs_labels_unless_there_are_clusters():
    assert ReducingAAE().needs_labels
    assert not ReducingAAE(clusters=4).needs_labels
    with pytest.raises(UsageError, match="two or more"):
        ReducingAAE(clusters=1)
