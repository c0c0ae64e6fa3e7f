"""The loop: resumed runs equal uninterrupted ones to the bit, and stacked replicas equal lone ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from core.objectives.settings import UNLABELLED

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.none import Nothing
from posectl.core.training.augment import for_poses
from posectl.core.training.batches import FiniteSamples
from posectl.core.training.loop import Plan, Trainer

MIRROR = (0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13)


def trainer(
    objective=None, lams=(0.3,), seeds=None, *, steps=300, batch_norm=False, lr=1e-3, data=None, precision="fp32",
    latent=4, batch=16, widths=(16, 16), **held_out,
):  # fmt: skip
    objective = (objective or ACAI()).informed(3, unlabelled=False)
    if data is None:
        data = torch.randn(500, 17, 3, generator=torch.Generator().manual_seed(1)) * 0.3
    labels = torch.randint(3, (len(data),), generator=torch.Generator().manual_seed(2))
    return Trainer(
        MLP((17, 3), objective.in_code + latent, widths=widths, batch_norm=batch_norm),
        NORMAL if objective.needs_normal else SPHERE,
        [[replace(objective, lam=lam) if objective.has_term else objective] for lam in lams],
        FiniteSamples(data, labels if objective.needs_labels else None),
        data[:40],
        Plan(steps=steps, batch=batch, evaluate_every=70, lr=lr, precision=precision),
        seeds or [0] * len(lams),
        kind=KINDS.get("poses"),
        augment=for_poses("+z", MIRROR),
        **held_out,
    )


def assert_same(a, b):
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


@pytest.mark.parametrize("stop", [1, 127, 128, 129, 210, 299])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_run_stopped_anywhere_and_restored_ends_the_same_to_the_bit(stop, batch_norm):
    whole = trainer(batch_norm=batch_norm)
    assert whole.run()
    first = trainer(batch_norm=batch_norm)
    assert not first.run(should_stop=lambda: first.step + 1 >= stop)
    saved = first.state()
    second = trainer(batch_norm=batch_norm)
    second.restore(first.step, saved)
    assert second.run()
    assert_same(second.state(), whole.state())


@pytest.mark.parametrize("name", ["none", "acai", "adversarial", "gaia", "amr", "aae", "near", "cover"])
def test_sixteen_bits_learn_what_thirty_two_do(name):
    # 8 bits of mantissa: errors of half a percent a product, and more where losses are differences.
    exact, rough = (trainer(OBJECTIVES.get(name)(), precision=precision) for precision in ("fp32", "bf16"))
    assert exact.run()
    assert rough.run()
    assert rough.history.tests[300][0] == pytest.approx(exact.history.tests[300][0], rel=0.01)


def test_checkpoints_come_at_their_steps_and_change_nothing():
    steps, plain, watched = [], trainer(), trainer()
    plain.run()
    watched.run(checkpoint_every=45, checkpoint=lambda: steps.append(watched.step))
    assert steps == [45, 90, 135, 180, 225, 270]
    assert_same(watched.state(), plain.state())


def assert_stacks(objective, *, rtol=0, **sizes):
    """Three replicas in a stack have the losses and test errors that each has alone, to the bit or within rtol."""
    lams, seeds = (0.0, 0.1, 0.5), (3, 4, 5)
    stacked = trainer(objective, lams=lams, seeds=list(seeds), **sizes)
    stacked.run()
    for r, (lam, seed) in enumerate(zip(lams, seeds, strict=True)):
        alone = trainer(objective, lams=(lam,), seeds=[seed], **sizes)
        alone.run()
        for key in ("log", "tests/error"):
            together, apart = stacked.state()[key][..., r], alone.state()[key][..., 0]
            np.testing.assert_allclose(together, apart, rtol=rtol, atol=rtol)


# As published, 16,384 entries and 512 units, it takes minutes.
_NARROW = {"width": 16}
SMALL = {"vqvae": {"codes": 64, "width": 32}, "aae-supervised": _NARROW, "aae-semi": _NARROW,
         "aae-cluster": {**_NARROW, "clusters": 5}, "aae-reduce": _NARROW}  # fmt: skip


@pytest.mark.parametrize("name", UNLABELLED)
def test_stacked_replicas_equal_the_same_models_trained_alone(name, threads):
    # A batch of whole vector registers: what is left over a processor may round in another way.
    assert_stacks(OBJECTIVES.get(name)(**SMALL.get(name, {})), steps=60, latent=8, batch=64)


@pytest.mark.slow
@pytest.mark.parametrize("name", UNLABELLED)
def test_stacked_replicas_of_the_published_size_stay_equal(name, threads):
    assert_stacks(OBJECTIVES.get(name)(), steps=200, latent=8, batch=64)


@pytest.mark.parametrize("threads", [2], indirect=True)
@pytest.mark.parametrize("name", UNLABELLED)
def test_threads_that_share_a_product_round_a_lone_replica_as_its_stack_but_for_the_last_bits(name, threads):
    # A processor's library may share a lone product out among threads along its sums, and those of a stack by replicas.
    objective = OBJECTIVES.get(name)(**SMALL.get(name, {}))
    assert_stacks(objective, rtol=1e-5, steps=4, latent=16, batch=64, widths=(256, 256))


def test_a_diverging_replica_is_named_by_its_step_and_leaves_the_others_alone():
    run = trainer(lams=(0.1, float("inf")), steps=200)
    assert run.run()
    assert run.history.diverged_at[0] == -1
    assert run.history.diverged_at[1] == 1
    assert np.isfinite(run.state()["log"][..., 0]).all()


def test_when_every_replica_diverges_the_run_ends():
    data = torch.randn(100, 17, 3)
    data[7] = float("nan")
    run = trainer(Nothing(), lams=(0.0,), steps=200, data=data)
    assert not run.run()
    # 100 samples in batches of 16: the bad one is drawn within the first epoch, and taints every later loss.
    assert 1 <= run.history.diverged_at[0] <= 7
    assert run.step < 200


@pytest.mark.parametrize("by", ["validation", "test"])
def test_best_is_the_state_of_the_lowest_error(by):
    held_out = torch.randn(30, 17, 3, generator=torch.Generator().manual_seed(3)) * 0.3
    run = trainer(steps=280, lr=3e-3, validation=held_out, best_by=by)
    kept = {}
    run.run(report=lambda: kept.update({run.step: run.weights(0)}))
    errors = {step: error[0] for step, error in run.history.errors.items()}
    assert run.history.watched == by
    assert list(errors) == [0, 70, 140, 210, 280]
    best = min(errors, key=errors.get)
    assert run.history.best_step[0] == best
    assert_same(run.weights(0, "best"), kept[best])


def test_where_nothing_chooses_the_last_weights_are_the_best():
    run = trainer(steps=70, lr=3e-3)
    run.run()
    assert_same(run.weights(0, "best"), run.weights(0, "last"))


def test_the_test_error_is_taken_once_of_the_last_weights_and_of_the_best():
    """Validation samples are like nothing in training, so that their error is not lowest at the end."""
    far = torch.full((30, 17, 3), 5.0)
    far[:, 8:] = -5
    run, alone = trainer(steps=140, lr=0.1, validation=far), trainer(steps=140, lr=0.1)
    run.run()
    alone.run()
    assert list(run.history.tests) == [140]
    assert run.history.tests[140][0] == alone.history.tests[140][0]
    assert_same(run.weights(0), alone.weights(0))
    best = int(run.history.best_step[0])
    assert best < 140
    assert run.history.best_test_error[0] == alone.history.tests[best][0]


def test_the_test_error_is_the_mean_joint_distance():
    run = trainer(steps=70)
    run.run()
    encoder, decoder = run.networks["encoder"], run.networks["decoder"]
    with torch.no_grad():
        x = run.test[None]
        x_hat = decoder(SPHERE.project(encoder(x)))
    by_hand = np.sqrt(((x_hat - x).double().numpy() ** 2).sum(-1)).mean()
    assert run.history.tests[70][0] == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.cuda
def test_cuda_follows_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    data = torch.randn(500, 17, 3, generator=torch.Generator().manual_seed(1)) * 0.3
    cpu, cuda = trainer(data=data, steps=100), trainer(data=data.cuda(), steps=100)
    cpu.run()
    cuda.run()
    np.testing.assert_allclose(cpu.state()["log"], cuda.state()["log"], atol=1e-4)
