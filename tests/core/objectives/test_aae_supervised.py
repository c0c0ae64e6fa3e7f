"""The supervised AAE by hand: labels enter the decoder, the discriminator sees the style, and labels where told."""

import math

import pytest
import torch
from core.objectives.settings import linear_step
from core.objectives.test_aae_semi import Dot, family_trainer, softplus
from core.objectives.training import assert_resumes
from torch import nn

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.aae_supervised import SupervisedAAE
from posectl.core.objectives.cycle import Cycle
from posectl.core.objectives.smooth import Smooth
from posectl.errors import UsageError

# Two classes and one number of style, before which the encoder leaves room.
X = torch.tensor([[[0.0, 0.0, 2.0], [0.0, 0.0, -1.0]]], dtype=torch.float64)
NOISE = {"style": torch.tensor([[[9.0, 9.0, 0.5], [9.0, 9.0, -2.0]]], dtype=torch.float64)}
LABELS = torch.tensor([[1, 0]])
OBJECTIVE = SupervisedAAE(classes=2)


def step_of(**options):
    return linear_step(X, NOISE, encoder=1.0, decoder=3.0, latent=3, labels=LABELS, objectives=[OBJECTIVE], **options)


def test_the_decoder_sees_the_label_as_a_one_hot_vector():
    step = step_of()
    assert step.z.tolist() == [[[0, 1, 2], [1, 0, -1]]]
    assert step.x_hat.tolist() == [[[0, 3, 6], [3, 0, -3]]]
    assert step.z_partner.tolist() == [[[1, 0, -1], [0, 1, 2]]]


def test_halves_have_their_own_labels():
    step = step_of(pairing="halves")
    assert (step.z.tolist(), step.z_partner.tolist()) == ([[[0, 1, 2]]], [[[1, 0, -1]]])


def test_losses_by_hand():
    # The discriminator's logit is twice the style: 4 and -2 of codes, 1 and -4 of draws.
    step, networks = step_of(), {"discriminator": Dot(2.0)}
    assert OBJECTIVE.term(step, networks).item() == pytest.approx((softplus(-4) + softplus(2)) / 2, rel=1e-12)
    own = (softplus(4) + softplus(-2)) / 2 + (softplus(-1) + softplus(4)) / 2
    assert OBJECTIVE.adversaries(step, networks)["discriminator"].item() == pytest.approx(own, rel=1e-12)


def test_a_discriminator_told_labels_sees_them_before_codes_and_draws():
    step, told = step_of(), SupervisedAAE(classes=2, labels=True)
    of_code, of_draw = told.seen(step)["discriminator"]
    assert of_code.tolist() == [[[0, 1, 2], [1, 0, -1]]]
    assert of_draw.tolist() == [[[0, 1, 0.5], [1, 0, -2]]]
    networks = {"discriminator": Dot(2.0, 2.0, 2.0)}
    assert told.term(step, networks).item() == pytest.approx((softplus(-6) + softplus(0)) / 2, rel=1e-12)
    own = (softplus(6) + softplus(0)) / 2 + (softplus(-3) + softplus(2)) / 2
    assert told.adversaries(step, networks)["discriminator"].item() == pytest.approx(own, rel=1e-12)
    assert told.sizes(MLP((3, 3), 7)) == {"discriminator": 7}
    assert OBJECTIVE.sizes(MLP((3, 3), 7)) == {"discriminator": 5}


def test_the_encoder_gives_a_style_of_the_size_asked_for():
    encoder = SupervisedAAE(classes=10).encoder(nn.Identity(), MLP((3, 3), 25, widths=(8,)), 1)
    assert next(p for name, p in encoder.named_parameters() if name.endswith("2.matrix")).shape == (1, 8, 15)
    assert encoder[1](torch.ones(1, 4, 15)).shape == (1, 4, 25)


def test_in_use_the_label_is_that_by_which_the_decoded_sample_is_nearest():
    def decode(codes):  # the label chooses the sign of the style
        return (codes[..., 0] - codes[..., 1])[..., None] * codes[..., 2:]

    z = torch.tensor([[[0.0, 0.0, 2.0], [0.0, 0.0, 2.0]]])
    x = torch.tensor([[[-1.9], [1.5]]])
    assert OBJECTIVE.completed(z, x, decode, KINDS.get("images")).tolist() == [[[0, 1, 2], [1, 0, 2]]]


def test_a_trained_model_reconstructs_with_labels_that_nobody_said():
    run = family_trainer(SupervisedAAE(width=8), labelled=None, steps=200, latent=1)
    run.run()
    model = Autoencoder(MLP((6, 3), 3, widths=(32,)), NORMAL, torch.device("cpu"), run.objectives, kind=run.kind)
    model.load(run.weights(0))
    codes = model.encode(run.test)
    assert set(codes[:, :2].sum(1).tolist()) == {1.0}
    errors = run.kind.errors(run.test[None], model.decode(codes)[None]).mean().item()
    assert errors == pytest.approx(run.history.tests[200][0], rel=1e-5)


def test_draws_are_labels_and_normal_styles():
    noise = torch.tensor([[9.0, 9.0, 0.5], [9.0, 9.0, -2.0]])
    drawn = OBJECTIVE.draws(NORMAL, noise, torch.tensor([0.9, 0.2]), nn.Identity())
    assert (drawn.codes.tolist(), drawn.classes.tolist()) == ([[0, 1, 0.5], [1, 0, -2]], [1, 0])


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: family_trainer(SupervisedAAE(width=8), labelled=None))


def test_what_encodes_again_does_not_stand_beside_it_and_others_do():
    with pytest.raises(UsageError, match="cycle encodes what was decoded") as raised:
        family_trainer(SupervisedAAE(), Cycle(), labelled=None)
    assert "aae-semi" in raised.value.hint
    run = family_trainer(SupervisedAAE(width=8), Smooth(), labelled=None, steps=20)
    assert run.run()
    assert math.isfinite(float(run.history.log[19].sum()))
