"""The written-out gradient of a plain dense autoencoder, held to autograd's in float64."""

import pytest
import torch

from posectl.core.kinds import KINDS, of_shape
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.layers import initialise
from posectl.core.nets.mlp import MLP
from posectl.core.objectives import OBJECTIVES
from posectl.core.training.dense import DensePlain
from posectl.core.training.loop import Plan, Term, Trainer

POSES = KINDS.get("poses")


def networks(shape, *, replicas=1, **options):
    net = MLP(shape, 4, **options)
    made = {"encoder": net.encoder(replicas), "decoder": net.decoder(replicas)}
    for name, module in made.items():
        for replica in range(replicas):
            initialise(module, replica, torch.Generator().manual_seed(len(name) + replica))
        module.double()
    return made


@pytest.mark.parametrize("prior", [SPHERE, NORMAL], ids=lambda prior: prior.name)
@pytest.mark.parametrize("shape", [(17, 3), (1, 8, 8)], ids=["points", "images"])
@pytest.mark.parametrize(
    "options", [{"widths": (16, 12)}, {"widths": (9,), "activation": "relu"}], ids=["leaky", "relu"]
)
def test_loss_and_gradient_are_autograds(prior, shape, options):
    both, kind = networks(shape, **options), of_shape(shape)
    plain = DensePlain.of(both, prior, [], kind)
    parameters = [p for module in both.values() for p in module.parameters()]
    for batch in (12, 12, 5):  # again, and with another batch, in the memory of the call before
        x, x_in = torch.randn(2, 1, batch, *shape, dtype=torch.float64)
        loss, gradient = plain(x, x_in)
        expected = kind.mean_square(both["decoder"](prior.project(both["encoder"](x_in))) - x)
        torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=0)
        for own, autograds in zip(gradient, torch.autograd.grad(expected.sum(), parameters), strict=True):
            torch.testing.assert_close(own, autograds, rtol=1e-11, atol=1e-14)


def fits(name, **options):
    both = networks((17, 3), **options)
    objective = OBJECTIVES.get(name)()
    return DensePlain.of(both, SPHERE, [objective], POSES) is not None


def test_only_a_loss_of_reconstruction_alone_is_taken_so():
    assert fits("none")
    assert fits("denoising")
    for name in ("dropout", "vae", "vqvae", "acai", "smooth", "uniform"):
        assert not fits(name)
    assert not fits("none", replicas=2)
    assert not fits("none", batch_norm=True)
    assert not fits("none", activation="gelu")


@pytest.mark.parametrize("name", ["none", "denoising"])
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_a_run_is_what_it_is_through_autograd(name, pairing):
    data = torch.randn(300, 17, 3, generator=torch.Generator().manual_seed(1)) * 0.3
    runs = []
    for by_hand in (True, False):
        term = Term(OBJECTIVES.get(name)(), torch.zeros(1) if name == "none" else torch.ones(1))
        plan = Plan(steps=200, batch=16, evaluate_every=50, pairing=pairing)
        run = Trainer(MLP((17, 3), 4, widths=(16, 16)), SPHERE, [term], data, data[:40], plan, [0], kind=POSES)
        assert run._plain is not None
        if not by_hand:
            run._plain = None
        assert run.run()
        runs.append(run.state())
    torch.testing.assert_close(torch.from_numpy(runs[0]["log"]), torch.from_numpy(runs[1]["log"]), rtol=1e-4, atol=1e-6)


def test_a_run_stopped_and_restored_ends_the_same_to_the_bit():
    data = torch.randn(300, 17, 3, generator=torch.Generator().manual_seed(1)) * 0.3

    def fresh():
        return Trainer(
            MLP((17, 3), 4, widths=(16, 16)), SPHERE, [Term(OBJECTIVES.get("none")(), torch.zeros(1))], data, data[:40],
            Plan(steps=300, batch=16, evaluate_every=70), [0], kind=POSES,
        )  # fmt: skip

    whole, first, second = fresh(), fresh(), fresh()
    assert whole.run()
    assert not first.run(should_stop=lambda: first.step + 1 >= 129)
    second.restore(first.step, first.state())
    assert second.run()
    for key, array in whole.state().items():
        assert (second.state()[key] == array).all(), key
