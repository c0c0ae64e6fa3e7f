"""Short trainings on poses that lie on a smooth surface of few dimensions."""

import numpy as np
import torch

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.training.loop import Plan, Trainer


def poses(count=400, parameters=3):
    """Six joints, metres, moved by a few parameters."""
    draw = torch.Generator().manual_seed(5)
    where = torch.rand(count, parameters, generator=draw)
    directions = torch.randn(parameters, 18, generator=draw)
    return (0.3 * torch.sin(2 * where @ directions)).unflatten(1, (6, 3))


def trainer(*objectives, prior=SPHERE, seeds=(0,), latent=6, **plan):
    """R replicas under the objectives, with the last quarter of the poses for test."""
    data = poses()
    terms = [objectives] * len(seeds)
    options = Plan(**{"steps": 200, "batch": 32, "lr": 3e-3, "evaluate_every": 100, **plan})
    return Trainer(
        MLP((6, 3), latent, widths=(32,)), prior, terms, data[:300], data[300:], options, seeds,
        kind=KINDS.get("poses"),
    )  # fmt: skip


def error_of_the_mean():
    """The test error, mean joint distance, of answering with the mean training pose."""
    data = poses().double().numpy()
    return np.sqrt(((data[300:] - data[:300].mean(0)) ** 2).sum(-1)).mean()


def assert_same(a, b):
    """Two states are the same to the bit."""
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


def assert_resumes(build, stop=90):
    """A run that is stopped and restored ends as one that is not, to the bit."""
    whole, first, second = build(), build(), build()
    assert whole.run()
    assert not first.run(should_stop=lambda: first.step + 1 >= stop)
    second.restore(first.step, first.state())
    assert second.run()
    assert_same(second.state(), whole.state())


def assert_stacks(build, seeds=(3, 4)):
    """A stack's losses are those of its replicas trained alone, to the bit."""
    stack = build(seeds)
    stack.run()
    for replica, seed in enumerate(seeds):
        alone = build((seed,))
        alone.run()
        np.testing.assert_array_equal(stack.state()["log"][..., replica], alone.state()["log"][..., 0])
