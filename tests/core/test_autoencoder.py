"""A trained autoencoder in use: codes, and draws of a VAE's posterior."""

import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.layers import initialise
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.vae import VAE
from posectl.core.random import generator


def vae():
    model = Autoencoder(MLP((17, 3), 4, widths=(16,)), NORMAL, torch.device("cpu"), [VAE()], kind=KINDS.get("poses"))
    for module in (model.encoder, model.decoder):
        initialise(module, 0, generator(0, "init"))
    return model


def test_a_code_is_the_posteriors_mean_and_a_draw_scatters_about_it_as_the_encoder_says():
    model, pose = vae(), torch.randn(1, 17, 3)
    with torch.no_grad():
        mean, log_variance = model.encoder(pose[None])[0].chunk(2, dim=1)
    torch.testing.assert_close(model.encode(pose), mean)
    model.posterior = 3
    drawn = model.encode(pose.expand(20_000, 17, 3))
    torch.testing.assert_close(drawn.mean(0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.var(0), log_variance[0].exp(), atol=0, rtol=0.05)


def test_draws_depend_on_the_seed_and_the_samples_and_on_nothing_before():
    model, poses = vae(), torch.randn(5, 17, 3)
    model.posterior = 3
    first = model.encode(poses)
    model.encode(torch.randn(2, 17, 3))
    torch.testing.assert_close(model.encode(poses), first, atol=0, rtol=0)
    model.posterior = 4
    assert (model.encode(poses) != first).all()


def test_the_features_of_a_vae_are_what_its_means_and_variances_are_made_of():
    model, poses = vae(), torch.randn(5, 17, 3)
    features = model.features(poses)
    with torch.no_grad():
        mean = model.encoder[1](features[None])[0, :, :4]
    assert features.shape == (5, 4)
    torch.testing.assert_close(mean, model.encode(poses))
