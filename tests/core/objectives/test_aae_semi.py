"""The semi-supervised AAE and its family by hand: what each loss is, whom it moves, and what is drawn."""

import math
from functools import partial

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, poses
from torch import nn

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.aae_cluster import ClusteringAAE
from posectl.core.objectives.aae_semi import SemiSupervisedAAE
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.categorical import SoftmaxFirst, cross_entropy, one_hots
from posectl.core.objectives.classifier import Classifier
from posectl.core.objectives.denoising import Denoising
from posectl.core.training.batches import FiniteSamples
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

# Codes of two classes and one number of style: probabilities first.
X = torch.tensor([[[0.75, 0.25, 2.0], [0.5, 0.5, -1.0]]], dtype=torch.float64)
NOISES = {
    "style": torch.tensor([[[9.0, 9.0, 0.5], [9.0, 9.0, -2.0]]], dtype=torch.float64),
    "class": torch.tensor([[0.9, 0.2]], dtype=torch.float64),
}
LABELLED = (torch.tensor([[[0.75, 0.25, 0.0], [0.5, 0.5, 0.0]]], dtype=torch.float64), torch.tensor([[1, 0]]))


class Dot(nn.Module):
    """A discriminator whose logit is the product with a fixed vector."""

    def __init__(self, *weights):
        super().__init__()
        self.weights = torch.tensor(weights, dtype=torch.float64)

    def forward(self, x):
        return x @ self.weights


NETWORKS = {"categorical": Dot(1.0, 3.0), "gaussian": Dot(2.0)}


def step_of(**options):
    return linear_step(X, NOISES, encoder=1.0, latent=3, labelled=LABELLED, **options)


def softplus(x):
    return math.log1p(math.exp(x))


def test_the_term_is_both_discriminators_and_the_labels_by_hand():
    # The logits: y.(1, 3) is 1.5 and 2; 2 z is 4 and -2. The labels' -log p: -log 0.25 and -log 0.5.
    adversarial = (softplus(-1.5) + softplus(-2)) / 2 + (softplus(-4) + softplus(2)) / 2
    of_labels = (math.log(4) + math.log(2)) / 2
    semi = SemiSupervisedAAE(classes=2, supervision=10.0, sigma=0.0)
    assert semi.term(step_of(), NETWORKS).item() == pytest.approx(adversarial + 10 * of_labels, rel=1e-12)
    cluster = ClusteringAAE(clusters=2, sigma=0.0)
    assert cluster.term(step_of(), NETWORKS).item() == pytest.approx(adversarial, rel=1e-12)


def test_each_discriminator_tells_its_own_part_from_its_own_draws():
    # Draws: 0.9 is class 1, logit 3, and 0.2 class 0, logit 1; styles 0.5 and -2, logits 1 and -4.
    losses = SemiSupervisedAAE(classes=2, sigma=0.0).adversaries(step_of(), NETWORKS)
    categorical = (softplus(1.5) + softplus(2)) / 2 + (softplus(-3) + softplus(-1)) / 2
    gaussian = (softplus(4) + softplus(-2)) / 2 + (softplus(-1) + softplus(4)) / 2
    assert losses["categorical"].item() == pytest.approx(categorical, rel=1e-12)
    assert losses["gaussian"].item() == pytest.approx(gaussian, rel=1e-12)


def test_the_discriminators_see_codes_and_draws_under_noise_by_hand():
    of_class = torch.tensor([[[[1.0, 0.0], [0.0, -2.0]], [[0.0, 2.0], [4.0, 0.0]]]], dtype=torch.float64)
    of_style = torch.tensor([[[[9.0, 9.0, 1.0], [9.0, 9.0, 0.0]], [[9.0, 9.0, -1.0], [9.0, 9.0, 2.0]]]]).double()
    step = linear_step(
        X, {**NOISES, "aae-cluster.categorical": of_class, "aae-cluster.gaussian": of_style}, encoder=1.0, latent=3
    )
    objective = ClusteringAAE(clusters=2, sigma=0.5)
    # Logits without noise are 1.5, 2 of y and 3, 1 of its draws; half of (1, 3).noise is 0.5, 3 and -3, 2.
    # Those of z are 4, -2 and of its draws 1, -4; half of 2 noise is 1, -1 and 0, 2.
    losses = objective.adversaries(step, NETWORKS)
    categorical = (softplus(2.0) + softplus(5.0)) / 2 + (softplus(0.0) + softplus(-3.0)) / 2
    gaussian = (softplus(5.0) + softplus(-3.0)) / 2 + (softplus(-1.0) + softplus(2.0)) / 2
    assert losses["categorical"].item() == pytest.approx(categorical, rel=1e-12)
    assert losses["gaussian"].item() == pytest.approx(gaussian, rel=1e-12)
    of_encoder = (softplus(-2.0) + softplus(-5.0)) / 2 + (softplus(-5.0) + softplus(3.0)) / 2
    assert objective.term(step, NETWORKS).item() == pytest.approx(of_encoder, rel=1e-12)
    with pytest.raises(UsageError, match=r"aae-cluster\.sigma"):
        ClusteringAAE(sigma=-0.1)


@pytest.mark.parametrize("sort", [partial(SemiSupervisedAAE, classes=2), partial(ClusteringAAE, clusters=2)])
def test_a_joint_discriminator_of_the_style_sees_the_class_before_it_by_hand(sort):
    objective = sort(sigma=0.0, joint=True)
    # 10 y0 + 2 z of codes, whose y0 are 0.75 and 0.5, is 11.5 and 3; of draws, whose y0 are 0 and 1, 1 and 6.
    step, networks = step_of(), {"categorical": Dot(1.0, 3.0), "gaussian": Dot(10.0, 0.0, 2.0)}
    losses = objective.adversaries(step, networks)
    gaussian = (softplus(11.5) + softplus(3.0)) / 2 + (softplus(-1.0) + softplus(-6.0)) / 2
    assert losses["gaussian"].item() == pytest.approx(gaussian, rel=1e-12)
    categorical = (softplus(1.5) + softplus(2)) / 2 + (softplus(-3) + softplus(-1)) / 2
    assert losses["categorical"].item() == pytest.approx(categorical, rel=1e-12)
    assert objective.sizes(MLP((3, 3), 7)) == {"categorical": 2, "gaussian": 7}


def test_the_encoder_gives_probabilities_and_a_style():
    given = SoftmaxFirst(nn.Identity(), 2)(torch.tensor([[[0.0, math.log(3), 5.0]]], dtype=torch.float64))
    torch.testing.assert_close(given, torch.tensor([[[0.25, 0.75, 5.0]]], dtype=torch.float64))


def test_the_gradient_of_the_labels_is_probability_less_target():
    logits = torch.tensor([[[0.3, -1.0, 2.0]]], dtype=torch.float64, requires_grad=True)
    cross_entropy(logits.softmax(-1), torch.tensor([[1]])).sum().backward()
    expected = logits.softmax(-1).detach() - torch.tensor([[[0.0, 1.0, 0.0]]], dtype=torch.float64)
    torch.testing.assert_close(logits.grad, expected)


def test_every_class_is_drawn_as_often():
    classes, vectors = one_hots((torch.arange(1000, dtype=torch.float64) + 0.5) / 1000, 10)
    assert classes.bincount().tolist() == [100] * 10
    torch.testing.assert_close(vectors.argmax(-1), classes)
    assert set(vectors.sum(-1).tolist()) == {1.0}


def test_draws_are_a_class_and_a_normal_style():
    noise = torch.tensor([[9.0, 9.0, 0.5], [9.0, 9.0, -2.0]])
    drawn = SemiSupervisedAAE(classes=2).draws(NORMAL, noise, torch.tensor([0.9, 0.2]), nn.Identity())
    assert drawn.codes.tolist() == [[0, 1, 0.5], [1, 0, -2]]
    assert drawn.classes.tolist() == [1, 0]
    assert ClusteringAAE(clusters=2).draws(NORMAL, noise, torch.tensor([0.9, 0.2]), nn.Identity()).classes is None


def labelled_step(objective, **options):
    net = MLP((3, 3), 4, widths=(8,), activation="tanh")
    samples = torch.randn(1, 5, 3, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    labelled = (samples, torch.tensor([[0, 1, 0, 1, 1]]))
    return small_step(objective, NORMAL, net=net, labelled=labelled, **options)


def test_the_term_moves_the_encoder_alone():
    objective = SemiSupervisedAAE(classes=2, width=4)
    step, networks = labelled_step(objective)
    term = objective.term(step, networks)
    assert moved(term, networks["encoder"])
    assert not moved(term, networks["decoder"])


def test_the_classifiers_encoder_is_moved_by_labels_alone_and_its_decoder_by_reconstruction_alone():
    objective = Classifier(classes=2)
    step, networks = labelled_step(objective)
    samples, labels = step.labelled
    y = step.encoder(samples)[..., :2]
    by_hand = -y.gather(-1, labels[..., None]).log().mean()
    torch.testing.assert_close(objective.term(step, networks), by_hand[None])
    assert moved(objective.term(step, networks), networks["encoder"])
    assert not moved(objective.term(step, networks), networks["decoder"])
    reconstruction = objective.reconstruction(step, networks)
    assert moved(reconstruction, networks["decoder"])
    assert not moved(reconstruction, networks["encoder"])


@pytest.mark.parametrize("objective", [ClusteringAAE(clusters=2, width=4)])
def test_replicas_do_not_mix(objective):
    assert_replicas_apart(objective, NORMAL)


def family_trainer(*objectives, labelled=20, seeds=(0,), latent=4, **plan):
    """A short training on poses of two classes, the labels of 20 seen."""
    data = poses()
    labels = (data[:300, 0, 0] > data[:300, 0, 0].median()).long()
    plan = Plan(**{"steps": 120, "batch": 32, "lr": 3e-3, "evaluate_every": 60, **plan})
    known = [each.informed(2, unlabelled=True) for each in objectives]
    net = MLP((6, 3), latent + sum(each.in_code for each in known), widths=(32,))
    return Trainer(
        net, NORMAL, [known] * len(seeds), FiniteSamples(data[:300], labels, labelled), data[300:], plan, seeds,
        kind=KINDS.get("poses"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "objectives", [(SemiSupervisedAAE(width=8),), (ClusteringAAE(clusters=3, width=8),), (Classifier(),)]
)
def test_it_resumes_to_the_bit(objectives):
    assert_resumes(lambda: family_trainer(*objectives))


@pytest.mark.parametrize("also", [ACAI(), Denoising()])
def test_it_stands_beside_others(also):
    run = family_trainer(SemiSupervisedAAE(width=8), also, steps=20)
    assert run.run()
    assert run.history.log[19].isfinite().all()


def test_two_that_shape_the_code_do_not_stand_together():
    with pytest.raises(UsageError, match="aae-semi and aae-cluster each shape"):
        family_trainer(SemiSupervisedAAE(), ClusteringAAE(clusters=3))
    with pytest.raises(UsageError, match="classifier each change what the encoder gives"):
        family_trainer(SemiSupervisedAAE(), Classifier())


def test_six_labels_teach_more_than_chance():
    def error(*objectives):
        run = family_trainer(*objectives, labelled=6, steps=400, latent=2)
        run.run()
        data = poses()
        truth = data[300:, 0, 0] > data[:300, 0, 0].median()
        with torch.no_grad():
            told = run.objectives[0].probabilities(run.networks["encoder"](data[300:][None])[0], run.latent).argmax(1)
        return (told != truth).float().mean().item()

    assert error(Classifier()) < 0.4
    assert error(SemiSupervisedAAE(width=16, lam=0.1)) < 0.4


def test_a_cluster_is_one_of_two_at_least():
    with pytest.raises(UsageError, match="two or more") as raised:
        ClusteringAAE(clusters=1)
    assert "aae-cluster.clusters" in raised.value.hint
