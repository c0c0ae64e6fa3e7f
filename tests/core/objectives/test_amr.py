"""AMR's losses by hand, its mixes, and who rests when."""

import itertools
import math

import pytest
import torch
from core.objectives.settings import IMAGES, POSES, Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets import code_shape
from posectl.core.nets.conv import Conv
from posectl.core.nets.mlp import MLP
from posectl.core.nets.vgg import VGG
from posectl.core.objectives.amr import AMR
from posectl.core.objectives.base import check_together
from posectl.core.objectives.gaia import GAIA
from posectl.core.objectives.mixers import MIXERS
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0], [3.0, -2.0]]], dtype=torch.float64)
SWAP = torch.tensor([[[0.9], [0.1]]], dtype=torch.float64)  # sorted: the second sample, then the first


def noise(shares, features=0.0, partners=SWAP):
    shares = torch.tensor(shares, dtype=torch.float64)[None, :, None].expand(1, 2, 2)
    return {"amr.partners": partners, "amr.shares": shares, "amr.features": torch.full_like(X, features)}


def softplus(logit):
    return math.log(1 + math.exp(logit))


def test_losses_by_hand():
    # Codes 2x, decoder x/4; mixup by 0.25 and 0.5 with the other: x_mix = (0.75, 0.5) and (1, 0). The score is the sum.
    step, networks = linear_step(X, noise([0.25, 0.5])), {"discriminator": Scale(2.0, mean=True)}
    amr = AMR(mixer="mixup")
    real, reconstructed, mixed = (3.0, 1.0), (1.5, 0.5), (1.25, 1.0)
    term = sum(softplus(-s) for s in reconstructed) / 2 + sum(softplus(-s) for s in mixed) / 2
    assert amr.term(step, networks).item() == pytest.approx(term, rel=1e-12)
    loss = sum(softplus(-s) for s in real) + sum(softplus(s) for s in reconstructed) + sum(softplus(s) for s in mixed)
    assert amr.adversaries(step, networks)["discriminator"].item() == pytest.approx(loss / 2, rel=1e-12)
    # |x - x/2| over four elements, times the authors' lambda.
    assert amr.reconstruction(step, networks).item() == pytest.approx(10 * (0.5 + 1 + 1.5 + 1) / 4)
    # encode(decode(z)) = z / 2, of the mixed codes (3, 2) and (4, 0).
    consistent = AMR(mixer="mixup", beta=0.5).term(step, networks).item()
    assert consistent == pytest.approx(term + 0.5 * (1.5 + 1 + 2 + 0) / 4, rel=1e-12)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("mixer", ["mixup", "mixup2", "fm2"])
def test_a_share_of_zero_is_the_sample_itself(mixer, prior):
    step = linear_step(X, noise([0.0, 0.0]), prior=prior)
    torch.testing.assert_close(AMR(mixer=mixer).mix(step), step.z)


def test_partners_are_a_permutation_of_the_batch():
    partners = torch.rand(2, 50, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = torch.arange(100, dtype=torch.float64).view(2, 50, 1)
    ones = torch.ones(2, 50, 2, dtype=torch.float64)
    step = linear_step(x, {"amr.partners": partners, "amr.shares": ones, "amr.features": ones[..., :1]}, encoder=1.0)
    mixed = AMR(mixer="mixup").mix(step)
    torch.testing.assert_close(mixed.sort(dim=1).values, x)
    assert (mixed == x).sum() < 8


@pytest.mark.parametrize("mixer", MIXERS)
def test_mixes_stay_on_the_sphere(mixer):
    step, _ = small_step(AMR(mixer=mixer, k=4), SPHERE)
    length = torch.linalg.vector_norm(AMR(mixer=mixer, k=4).mix(step), dim=-1)
    torch.testing.assert_close(length, torch.ones_like(length))


def test_a_mix_of_four_takes_every_element_from_one_of_four():
    step, _ = small_step(AMR(mixer="k-bernoulli", k=4), NORMAL)
    mix = AMR(mixer="k-bernoulli", k=4).mix(step)
    orders = step.drawn("amr.partners").argsort(dim=1)[0]
    sources = torch.stack([step.z[0], *(step.z[0][orders[:, j]] for j in range(3))])
    assert bool((mix[0] == sources).any(0).all())


def test_whom_each_loss_moves():
    step, networks = small_step(AMR(beta=0.1), SPHERE)
    for loss in (AMR().term(step, networks), AMR().reconstruction(step, networks)):
        assert moved(loss, networks["encoder"])
        assert moved(loss, networks["decoder"])
    assert moved(AMR().adversaries(step, networks)["discriminator"], networks["discriminator"])


def test_the_autoencoder_moves_at_every_fifth_step():
    data = torch.randn(40, 3, 3, generator=torch.Generator().manual_seed(0))
    terms = [[AMR()]]
    plan = Plan(steps=7, batch=8, evaluate_every=1)
    run = Trainer(MLP((3, 3), 2, widths=(4,)), NORMAL, terms, data, data, plan, [0], kind=POSES)
    states = []

    def look():
        states.append({name: torch.from_numpy(weight) for name, weight in run.weights(0).items()})

    run.run(report=look)

    def changed(prefix):
        pairs = list(itertools.pairwise(states))
        keys = [key for key in states[0] if key.startswith(prefix) and "singular" not in key]
        return [any(not torch.equal(old[k], new[k]) for k in keys) for old, new in pairs]

    # From the first step's end on; at the first and sixth the autoencoder moves.
    assert changed("encoder") == changed("decoder") == [False] * 4 + [True, False]
    assert changed("amr.discriminator") == [True] * 6


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("mixer", MIXERS)
def test_replicas_do_not_mix(prior, mixer):
    assert_replicas_apart(AMR(mixer=mixer, beta=0.1), prior)


def test_unknown_mixers_and_senseless_numbers_are_refused():
    with pytest.raises(UsageError, match="no mixer 'mixap'") as caught:
        AMR(mixer="mixap")
    assert "mixup" in caught.value.hint
    for setting in ({"k": 1}, {"every": 0}, {"l1": -1.0}, {"beta": -1.0}):
        with pytest.raises(UsageError):
            AMR(**setting)


def test_may_not_stand_beside_another_that_replaces_the_reconstruction():
    with pytest.raises(UsageError, match="amr and gaia"):
        check_together([AMR(), GAIA()])


NOT_BY_ELEMENT = ("fm", "fm2", "k-bernoulli")
CONV = Conv((1, 16, 16), 16, depth=2, latent_width=2)


def shares_of_whole_maps(mixer, net):
    """Of all maps of all mixed codes, the share whose elements are all one and the same sample's."""
    objective = AMR(mixer=mixer)
    step, _ = small_step(objective, NORMAL, net=net, batch=50, code_shape=code_shape(net))
    orders = step.drawn("amr.partners").argsort(dim=1)[0]
    sources = torch.stack([step.z[0], *(step.z[0][order] for order in orders.unbind(-1))])
    same = (objective.mix(step)[0] == sources).unflatten(-1, (-1, code_shape(net)[-1] ** 2))
    return same.all(-1).any(0).double().mean().item()


@pytest.mark.parametrize("mixer", NOT_BY_ELEMENT)
def test_maps_of_a_convolutional_code_come_whole_from_one_sample(mixer):
    # The authors' samplers are (batch, maps, 1, 1). Element by element few maps of four would be whole.
    assert shares_of_whole_maps(mixer, CONV) == 1


def test_mixup2_has_one_share_for_all_of_a_map():
    step, _ = small_step(AMR(mixer="mixup2"), NORMAL, net=CONV, batch=50, code_shape=code_shape(CONV))
    other = step.z.take_along_dim(step.drawn("amr.partners").argsort(dim=1), dim=1)
    shares = ((AMR(mixer="mixup2").mix(step) - step.z) / (other - step.z)).unflatten(2, (-1, 4))
    away = (other - step.z).unflatten(2, (-1, 4)).abs().amin(-1) > 1e-4  # not of a sample with itself
    spread = (shares.amax(-1) - shares.amin(-1))[away]
    assert len(spread) > 100
    assert spread.max() < 1e-8
    assert shares.mean(-1)[away].std() > 0.2  # and another for every map: 12^-1/2 of uniform shares


def test_numbers_of_codes_that_are_vectors_are_mixed_one_by_one():
    # As the authors' samplers of (batch, features) do; AEAI's net ends in a fully connected layer.
    for net in (MLP((3, 3), 8, widths=(8,)), VGG((1, 16, 16), 8, depth=2)):
        assert code_shape(net) == (8,)
        step, _ = small_step(AMR(), NORMAL, net=net, code_shape=code_shape(net))
        assert step.by_map(step.drawn("amr.features")) is not None
        torch.testing.assert_close(step.by_map(step.drawn("amr.features")), step.drawn("amr.features"), rtol=0, atol=0)


def test_a_trainer_mixes_whole_maps():
    seen = []

    class Watched(AMR):
        def mix(self, step):
            seen.append(step.by_map(step.drawn("amr.features")))
            return super().mix(step)

    images = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    plan = Plan(steps=2, batch=4)
    Trainer(CONV, NORMAL, [[Watched()]], images, images, plan, [0], kind=IMAGES).run()
    maps = torch.stack(seen).unflatten(-1, (4, 4))
    assert bool((maps == maps[..., :1]).all())
