"""Features of a reconstruction against those of its image, by brute force; a network that learns to tell turns."""

import math

import numpy as np
import pytest
import torch
from core.objectives.settings import assert_replicas_apart, moved, small_step
from core.objectives.training import assert_resumes, assert_same
from scipy.signal import correlate2d

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.perceptual import Perceptual, turned
from posectl.core.objectives.smooth import Smooth
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

NET = MLP((1, 8, 8), 4, widths=(8,), activation="tanh")
SMALL = Perceptual(depth=2)


def trainer(*objectives, seeds=(0,), steps=40):
    draw = torch.Generator().manual_seed(1)
    images = torch.rand(60, 1, 8, 8, generator=draw) * torch.linspace(0, 1, 8) * 2 - 1  # brighter to the right
    return Trainer(
        MLP((1, 8, 8), 4, widths=(16,)), NORMAL, [list(objectives)] * len(seeds), images[:48], images[48:],
        Plan(steps, 16, 3e-3, evaluate_every=20), seeds, kind=KINDS.get("images"),
    )  # fmt: skip


def by_hand(network, image):
    """The normalised maps of one image (C, H, W), by scipy."""
    maps, found = image, []
    for stage, layer in enumerate(network.convolutions):
        if stage:
            maps = maps.reshape(len(maps), maps.shape[1] // 2, 2, -1, 2).mean((2, 4))
        weight, bias = layer.weight[0].detach().numpy(), layer.bias[0].detach().numpy()
        made = [sum(correlate2d(m, w, "same") for m, w in zip(maps, row, strict=True)) for row in weight]
        maps = np.stack(made) + bias[:, None, None]
        maps = np.where(maps > 0, maps, 0.2 * maps)
        found.append(maps / np.sqrt((maps**2).sum(0)))
    return found


def test_the_distance_of_features_equals_a_brute_force():
    step, networks = small_step(SMALL, net=NET)
    network = networks["network"]
    distances = [
        np.mean([((a - b) ** 2).sum(0).mean() for a, b in zip(by_hand(network, x), by_hand(network, y), strict=True)])
        for x, y in zip(step.x[0].numpy(), step.x_hat[0].detach().numpy(), strict=True)
    ]
    torch.testing.assert_close(SMALL.term(step, networks), torch.tensor([np.mean(distances)]))


def test_it_does_not_depend_on_the_scale_of_features():
    step, networks = small_step(SMALL, net=NET)
    before = SMALL.term(step, networks)
    networks["network"].convolutions[2].weight.data *= 7
    networks["network"].convolutions[2].bias.data *= 7
    torch.testing.assert_close(SMALL.term(step, networks), before)


def test_an_image_is_turned_by_its_own_quarters():
    image = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    got = turned(image.expand(1, 4, 1, 2, 2), torch.tensor([[0, 1, 2, 3]]))[0, :, 0]
    assert got.tolist() == [[[1, 2], [3, 4]], [[2, 4], [1, 3]], [[4, 3], [2, 1]], [[3, 1], [4, 2]]]


@pytest.mark.parametrize(("objective", "answers"), [(SMALL, 4), (Perceptual(depth=2, labels=True, classes=3), 3)])
def test_a_network_that_knows_nothing_has_the_cross_entropy_of_a_guess(objective, answers):
    step, networks = small_step(objective, net=NET, labels=torch.tensor([[0, 1, 2, 0, 1, 2]]))
    networks["network"].head.matrix.data.zero_()
    networks["network"].head.bias.data.zero_()
    assert objective.adversaries(step, networks)["network"].item() == pytest.approx(math.log(answers))


def test_the_term_moves_the_autoencoder_and_the_task_the_network_alone():
    step, networks = small_step(SMALL, net=NET)
    term, task = SMALL.term(step, networks), SMALL.adversaries(step, networks)["network"]
    assert all(moved(term, networks[name]) for name in ("encoder", "decoder"))
    assert [moved(task, networks[name]) for name in ("network", "encoder", "decoder")] == [True, False, False]


def test_replicas_do_not_mix():
    assert_replicas_apart(SMALL, NORMAL, net=NET)


def test_the_network_learns_to_tell_turns_and_stands_still_after():
    run = trainer(Perceptual(depth=4, until=80), steps=80)
    run.run()
    losses = run.history.log[:, run.history.figures.index("perceptual.network"), 0]
    assert losses[-5:].mean() < 0.9 * losses[:5].mean()
    longer = trainer(Perceptual(depth=4, until=80), steps=90)
    longer.run()
    same = {k: v for k, v in longer.weights(0).items() if k.startswith("perceptual.")}
    assert_same(same, {k: v for k, v in run.weights(0).items() if k.startswith("perceptual.")})


def test_it_goes_with_others_and_a_restored_run_ends_the_same_to_the_bit():
    assert_resumes(lambda: trainer(Perceptual(depth=2, until=15), Smooth()), stop=25)


def test_samples_that_are_no_images_are_refused():
    with pytest.raises(UsageError, match="no images"):
        SMALL.networks(MLP((17, 3), 4), 1)
