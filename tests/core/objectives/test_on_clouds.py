"""Every regularizer on point clouds: what it makes of them has no order, and what cannot be is refused by name."""

import pytest
import torch
from core.objectives.settings import losses, small_step
from core.objectives.training import assert_resumes, assert_stacks

from posectl.core.clouds.chamfer import mean_chamfer
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.cloud import Cloud
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.emd import EMD
from posectl.core.objectives.near import Near
from posectl.core.objectives.step import Step
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

CLOUDS = KINDS.get("clouds")
NET = Cloud((64, 3), 4, width=0.1)
REFUSED = {"gaia", "gaia2"}
# Noise of every point, and choices by some of the points.
BY_POINT = {"denoising", "near", "cover"}


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def shuffled(step, networks, objective):
    """The same step on clouds whose points are in another order."""
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    return Step(
        networks["encoder"], networks["decoder"], NORMAL, step.x[:, :, order], step.noise, kind=CLOUDS, latent=4,
        objectives=[objective],
    )  # fmt: skip


# What learns classes, and what is of images alone.
TOLD = {
    "aae-cluster",
    "aae-reduce",
    "aae-semi",
    "aae-supervised",
    "aae-wgan-cluster",
    "classifier",
    "perceptual",
    "probe",
}


@pytest.mark.parametrize("name", [name for name in OBJECTIVES.built_in() if name not in REFUSED | BY_POINT | TOLD])
def test_no_loss_depends_on_the_order_of_points(name):
    objective = OBJECTIVES.get(name)()
    step, networks = small_step(objective, net=NET)
    for module in networks.values():
        module.eval()  # what is drawn, and moved, in training alone
    found = losses(objective, step, networks) | {"plain": CLOUDS.reconstruction(step.x, step.x_hat)}
    other = shuffled(step, networks, objective)
    again = losses(objective, other, networks) | {"plain": CLOUDS.reconstruction(other.x, other.x_hat)}
    for key, loss in found.items():
        assert torch.isfinite(loss).all(), key
        torch.testing.assert_close(again[key], loss, rtol=1e-9, atol=1e-12, msg=lambda m, key=key: f"{key}: {m}")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_an_autoencoder_of_pixels_as_discriminator_is_refused(name):
    with pytest.raises(UsageError, match=r"GAIA.*cloud") as refused:
        small_step(OBJECTIVES.get(name)(), net=NET)
    assert "acai" in refused.value.hint


def test_acais_blend_goes_from_each_decoded_point_to_the_nearest_of_the_data():
    step, networks = small_step(ACAI(gamma=0.25), net=NET)
    seen = []
    networks = {"critic": lambda clouds: seen.append(clouds) or clouds.mean((2, 3))}
    ACAI(gamma=0.25).term(step, networks)
    x_hat, blend = step.x_hat[0, 0], seen[1][0, 0]
    nearest = step.x[0, 0][torch.cdist(x_hat, step.x[0, 0]).argmin(1)]
    torch.testing.assert_close(blend, x_hat + 0.25 * (nearest - x_hat))


def test_near_draws_a_path_to_the_nearest_cloud_by_chamfer():
    objective = Near(samples=0)
    step, _ = small_step(objective, net=NET)
    # Of few points all are looked at: the nearest by Chamfer of every second point, as near takes 32 of 64.
    few = step.x_t[0][:, ::2], step.x[0][:, ::2]
    apart = torch.stack([torch.stack([mean_chamfer(a, b) for b in few[1]]) for a in few[0]])
    expected = CLOUDS.reconstruction(step.x[:, apart.argmin(1)], step.x_t)
    torch.testing.assert_close(objective.term(step, {}), expected)


def trainer(*objectives, seeds=(0,), steps=30):
    data = randn(40, 64, 3)
    plan = Plan(steps=steps, batch=8, evaluate_every=10)
    return Trainer(NET, NORMAL, [objectives] * len(seeds), data[:30], data[30:], plan, seeds, kind=CLOUDS)


@pytest.mark.parametrize("objectives", [(), (ACAI(), Near(among=16)), (EMD(),)], ids=["plain", "acai+near", "emd"])
def test_a_training_on_clouds_resumes_to_the_bit(objectives):
    assert_resumes(lambda: trainer(*objectives), stop=17)


def test_replicas_of_a_stack_are_trained_as_alone():
    assert_stacks(lambda seeds: trainer(ACAI(), seeds=seeds, steps=10))
