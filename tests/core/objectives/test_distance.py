"""The pairwise distance loss by itself: as a double sum, in a training, beside another, and resumed."""

import math

import numpy as np
import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, assert_stacks, trainer

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.metrics.distances import distances
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.distance import Distance, distance_loss
from posectl.core.objectives.gaia import GAIA

POSES = KINDS.get("poses")


def test_distance_loss_as_a_double_sum():
    x = torch.randn(1, 5, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z = torch.randn(1, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def logs(values):
        flat = values[0].flatten(1).numpy()
        squares = [[np.mean((a - b) ** 2) for b in flat] for a in flat]
        mean = sum(map(sum, squares)) / 25
        return [[math.log(1 + s / mean) for s in row] for row in squares]

    of_x, of_z = logs(x), logs(z)
    expected = sum((of_x[i][j] - of_z[i][j]) ** 2 for i in range(5) for j in range(5)) / 25
    assert distance_loss(x, z, POSES).item() == pytest.approx(expected, rel=1e-12)
    assert distance_loss(x, 3 * x.flatten(2), POSES).item() == pytest.approx(0, abs=1e-20)  # scale does not matter
    same = torch.zeros(1, 3, 2, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(distance_loss(x[:, :3], same, POSES).sum(), same)
    assert gradient.isfinite().all()


def test_the_term_is_the_loss_of_samples_and_codes_on_the_priors_support():
    x = torch.randn(1, 6, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    codes = 2 * x.flatten(2)
    assert Distance().term(linear_step(x, {}), {}).item() == pytest.approx(0, abs=1e-20)
    chords = distance_loss(x, codes / codes.norm(dim=-1, keepdim=True), POSES)
    torch.testing.assert_close(Distance().term(linear_step(x, {}, prior=SPHERE), {}), chords)


def test_gaia_has_the_same_term():
    step, networks = small_step(GAIA())
    assert torch.equal(GAIA().term(step, networks), Distance().term(step, {}))


def test_it_moves_the_encoder_alone():
    step, networks = small_step(Distance())
    assert moved(Distance().term(step, networks), networks["encoder"])
    assert not moved(Distance().term(step, networks), networks["decoder"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, pairing):
    assert_replicas_apart(Distance(), prior, pairing=pairing)


def test_replicas_train_apart_beside_another():
    assert_stacks(lambda seeds: trainer(Distance(), ACAI(lam=0.01), seeds=seeds, steps=60))


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(Distance(), steps=120))


def test_codes_come_to_lie_as_far_apart_as_poses():
    def scores(lam):
        run = trainer(Distance(lam=lam), prior=NORMAL, steps=400, evaluate_every=400)
        run.run()
        with torch.no_grad():
            return distances(run.test, run.networks["encoder"](run.test[None])[0], POSES)

    plain, pressed = scores(0.0), scores(0.01)
    assert pressed["loss"]["mean"] < plain["loss"]["mean"] / 3
    assert pressed["correlation"]["mean"] > plain["correlation"]["mean"]
