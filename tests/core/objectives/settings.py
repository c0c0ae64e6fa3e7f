"""Steps of small networks in float64; and what every objective must keep to: that replicas do not mix."""

import torch
from torch import nn

from posectl.core.kinds import KINDS, of_shape
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.layers import initialise
from posectl.core.nets.mlp import MLP
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.base import build_decoder, build_encoder
from posectl.core.objectives.step import Step
from posectl.core.random import generator

UNLABELLED = [
    name for name in OBJECTIVES.built_in() if name != "perceptual" and not OBJECTIVES.get(name)().needs_labels
]
"""The regularizers that go with any samples."""

POSES, IMAGES = KINDS.get("poses"), KINDS.get("images")


class Scale(nn.Module):
    """x times a constant, as encoder or decoder; with `mean`, the mean over a sample of that, as a critic."""

    def __init__(self, factor, mean=False):
        super().__init__()
        self.factor, self.mean = nn.Parameter(torch.tensor(factor, dtype=torch.float64)), mean

    def forward(self, x):
        return (x * self.factor).flatten(2).mean(2) if self.mean else x * self.factor


def kind_of(shape):
    """The kind of samples of this shape; vectors are taken for images, whose elements count one by one."""
    return of_shape(tuple(shape)) or IMAGES


def linear_step(batch, noise, encoder=2.0, decoder=0.25, prior=NORMAL, **options):
    """Encoder 2x and decoder x/4 unless told otherwise, by number or as modules, so x_hat = x / 2; codes are flat."""
    to, fro = (each if isinstance(each, nn.Module) else Scale(each) for each in (encoder, decoder))
    flat, shaped = nn.Flatten(2), nn.Unflatten(2, batch.shape[2:])
    options = {"kind": kind_of(batch.shape[2:]), **options}
    return Step(nn.Sequential(to, flat), nn.Sequential(fro, shaped), prior, batch, noise, **options)


def small_step(objective, prior=NORMAL, seeds=(0,), *, net=None, batch=6, also=(), **options):
    """A step of small networks, with what each seed alone would draw; and the networks: "encoder", "decoder", and those
    that the objective brings."""
    net = net or MLP((3, 3), 4, widths=(8,), activation="tanh")
    kind = kind_of(net.shape)
    objectives = [objective, *also]
    modules = {
        "encoder": build_encoder(net, objectives, len(seeds)),
        "decoder": build_decoder(net, objectives, len(seeds), kind),
    }
    modules |= objective.networks(net, len(seeds))
    for name, module in modules.items():
        for replica, seed in enumerate(seeds):
            initialise(module, replica, generator(seed, name))
        module.double()
    draws = {name: draw for o in objectives for name, draw in o.noise.items()}
    noise = {
        name: torch.stack([draw.sample(1, batch, net.latent, net.shape, generator(s, name))[0].double() for s in seeds])
        for name, draw in draws.items()
    }
    x = torch.stack([torch.randn(batch, *net.shape, generator=generator(s, "x"), dtype=torch.float64) for s in seeds])
    step = Step(
        modules["encoder"], modules["decoder"], prior, x, noise, kind=kind, latent=net.latent, objectives=objectives,
        **options,
    )  # fmt: skip
    return step, modules


def losses(objective, step, networks):
    """Every loss of an objective, and its factors on the learning rates."""
    found = {"term": objective.term(step, networks), **objective.adversaries(step, networks)}
    if objective.replaces_reconstruction:
        found["reconstruction"] = objective.reconstruction(step, networks)
    return found | {f"lr of {name}": scale for name, scale in objective.lr_scales(step, networks).items()}


def assert_replicas_apart(objective, prior, **options):
    """A stack of three has the losses that its replicas have alone."""
    together = losses(objective, *small_step(objective, prior, (3, 1, 4), **options))
    for replica, seed in enumerate((3, 1, 4)):
        alone = losses(objective, *small_step(objective, prior, (seed,), **options))
        for name, loss in alone.items():
            assert together[name].shape == (3,), name
            torch.testing.assert_close(
                together[name][replica : replica + 1], loss, msg=lambda m, name=name: f"{name}: {m}"
            )


def moved(loss, module):
    """Whether a loss has a gradient on any parameter of a module."""
    gradients = torch.autograd.grad(loss.sum(), list(module.parameters()), retain_graph=True, allow_unused=True)
    return any(g is not None and bool(g.abs().max() > 0) for g in gradients)
