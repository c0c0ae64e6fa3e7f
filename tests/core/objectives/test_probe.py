"""A layer beside the autoencoder: its cross-entropy by hand, and an autoencoder that is none the wiser."""

import math

import numpy as np
import pytest
import torch
from core.objectives.settings import linear_step, moved, small_step
from core.objectives.training import assert_resumes, assert_same, poses

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.layers import Linear
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.denoising import Denoising
from posectl.core.objectives.none import Nothing
from posectl.core.objectives.probe import Probe
from posectl.core.objectives.vae import VAE
from posectl.core.training.batches import FiniteSamples
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

DATA = poses()
LABELS = (DATA[:, 0, 0] > 0).long() + (DATA[:, 1, 0] > 0).long()


def layer(matrix, bias):
    made = Linear(1, len(matrix), len(bias)).double()
    made.matrix.data, made.bias.data = (torch.tensor([rows], dtype=torch.float64) for rows in (matrix, bias))
    return made


def trainer(*objectives, labels=LABELS, batch_norm=True, steps=60, lr=1e-3):
    return Trainer(
        MLP((6, 3), 4, widths=(16,), batch_norm=batch_norm), NORMAL, [list(objectives)],
        FiniteSamples(DATA[:300], labels[:300]), DATA[300:], Plan(steps, 32, lr, evaluate_every=20), (0,),
        kind=KINDS.get("poses"), test_labels=labels[300:],
    )  # fmt: skip


def test_the_cross_entropy_of_two_codes_by_hand():
    # Codes 2x are 2 and -4; logits (z, -z) + (0, 1): (2, -1) of class 0 and (-4, 5) of class 1.
    batch = torch.tensor([[[1.0], [-2.0]]], dtype=torch.float64)
    step = linear_step(batch, {}, labels=torch.tensor([[0, 1]]))
    loss = Probe(classes=2).adversaries(step, {"layer": layer([[1.0, -1.0]], [0.0, 1.0])})["layer"]
    expected = (math.log(1 + math.exp(-3)) + math.log(1 + math.exp(-9))) / 2
    torch.testing.assert_close(loss, torch.tensor([expected], dtype=torch.float64))


def test_the_share_that_is_classified_correctly_by_hand():
    codes, labels = torch.tensor([[[2.0], [-4.0], [0.4], [0.6]]], dtype=torch.float64), torch.tensor([[0, 1, 0, 0]])
    right = Probe(classes=2).tested(codes, labels, {"layer": layer([[1.0, -1.0]], [0.0, 1.0])})["accuracy"]
    assert right.tolist() == [[1.0, 1.0, 0.0, 1.0]]  # 0.4 < 1 - 0.4


def test_no_gradient_reaches_the_encoder():
    step, networks = small_step(Probe(classes=3), labels=torch.tensor([[0, 1, 2, 0, 1, 2]]))
    loss = Probe(classes=3).adversaries(step, networks)["layer"]
    assert moved(loss, networks["layer"])
    assert not moved(loss, networks["encoder"])


def test_it_reads_codes_of_clean_samples():
    step, networks = small_step(Denoising(), also=[Probe(classes=3)])
    clean = NORMAL.project(networks["encoder"](step.x))
    assert not torch.allclose(step.z, clean)
    torch.testing.assert_close(step.features, clean)


def test_of_a_vae_it_reads_what_means_are_made_of():
    step, networks = small_step(VAE(), also=[Probe(classes=3)])
    torch.testing.assert_close(networks["encoder"][1](step.features)[..., :4], step.z)


@pytest.mark.parametrize("beside", [Nothing(), Denoising(), VAE()], ids=lambda o: o.name)
def test_the_autoencoder_comes_to_the_same_bits_with_it_and_without(beside):
    watched, plain = trainer(beside, Probe(classes=3)), trainer(beside)
    watched.run()
    plain.run()
    assert_same({k: v for k, v in watched.weights(0).items() if not k.startswith("probe.")}, plain.weights(0))
    assert list(plain.history.measured["test"]) == ["error"]


def test_it_learns_what_the_codes_tell_and_each_evaluation_is_kept():
    run = trainer(Probe(classes=3), batch_norm=False, steps=400, lr=1e-2)
    run.run()
    accuracy = run.history.measured["test"]["accuracy"]
    assert sorted(accuracy) == list(range(0, 401, 20))
    common = np.bincount(LABELS[300:]).max() / 100
    assert accuracy[400][0] > common + 0.1
    # Counted anew from the weights of the end.
    with torch.no_grad():
        logits = run.networks["probe.layer"](run.networks["encoder"](DATA[300:][None]))
    assert accuracy[400][0] == pytest.approx((logits[0].argmax(1) == LABELS[300:]).double().mean().item(), abs=1e-12)


def test_a_run_that_is_restored_ends_the_same_to_the_bit():
    assert_resumes(lambda: trainer(VAE(), Probe(classes=3)), stop=45)


def test_a_weight_is_refused():
    with pytest.raises(UsageError, match="no term"):
        Probe(lam=0.5)
