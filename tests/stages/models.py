"""Models of every net as artifacts, their weights drawn as if they had been trained."""

from __future__ import annotations

import math

import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import of_shape
from posectl.core.latent.priors import PRIORS
from posectl.core.nets.cloud import Cloud
from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import ACTIVATIONS
from posectl.core.nets.mlp import MLP
from posectl.core.nets.pythae import Pythae
from posectl.core.nets.vgg import VGG
from posectl.core.objectives.aae_cluster import ClusteringAAE
from posectl.core.objectives.aae_reduce import ReducingAAE
from posectl.core.objectives.vae import VAE
from posectl.core.objectives.vqvae import VQVAE
from posectl.stages.artifacts.about import ModelAbout, Samples
from posectl.stages.training.settings import describe

POSE, IMAGE = (17, 3), (1, 32, 32)

CASES = {
    **{name: (MLP(POSE, 8, widths=(24, 16), activation=name), [], "sphere") for name in ACTIVATIONS},
    "batch-norm": (MLP(POSE, 8, widths=(24, 16), batch_norm=True), [], "sphere"),
    "normal": (MLP(POSE, 8, widths=(24,)), [], "normal"),
    "conv": (Conv(IMAGE, 16, depth=4), [], "normal"),
    "conv-colour": (Conv((3, 16, 16), 16, depth=2, latent_width=4), [], "normal"),
    "vgg": (VGG(IMAGE, 6, depth=2), [], "normal"),
    "cloud": (Cloud((128, 3), 16, width=0.25), [], "normal-0.2"),
    "pythae": (Pythae((1, 28, 20), 6, width=32), [], "normal"),
    "vae-images": (Conv(IMAGE, 16, depth=2), [VAE()], "normal"),
    "vae-poses": (MLP(POSE, 8, widths=(24,)), [VAE()], "sphere"),
    "vq-vae": (MLP(POSE, 8, widths=(24,)), [VQVAE(codes=32, latents=3, width=12)], "sphere"),
    "aae-cluster": (MLP(POSE, 9, widths=(24,)), [ClusteringAAE(clusters=4)], "normal"),
    "aae-reduce": (MLP(POSE, 2, widths=(24,)), [ReducingAAE(clusters=3)], "normal"),
}


def drawn(net, objectives, prior, seed=0):
    """A model whose weights and statistics are random, of a size that keeps what passes through at its size."""
    model = Autoencoder(net, PRIORS[prior], torch.device("cpu"), objectives, kind=of_shape(net.shape))
    generator = torch.Generator().manual_seed(seed)
    for module in (model.encoder, model.decoder):
        for name, values in module.state_dict().items():
            inputs = math.prod(values.shape[1:-1] if name.endswith("matrix") else values.shape[2:])
            noise = torch.randn(values.shape, generator=generator)
            positive = name.endswith(("running_var", "counts"))
            values.copy_(noise.abs() + 0.5 if positive else noise / max(1, inputs) ** 0.5)
    return model


def publish(run, model, name="model"):
    """The artifact of a model."""
    about = ModelAbout(
        net=describe(model.architecture),
        prior=model.prior.name,
        objectives=tuple(map(describe, model.objectives)),
        samples=Samples(kind=model.kind.name, unit=model.kind.unit),
    )
    with run.artifacts.draft("model", name) as draft:
        for part, module in (("encoder", model.encoder), ("decoder", model.decoder)):
            for key, values in module.state_dict().items():
                draft.put(f"weights/last/{part}.{key}", values[0].numpy())
        draft.record(about=about.as_json(), summary={"test_error": 0.03, "unit": model.kind.unit})
        return draft.publish()
