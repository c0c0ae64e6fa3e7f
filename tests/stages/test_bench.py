"""The quick benchmarks: what a training step costs, counted by PyTorch, and which steps a rate is of."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from posectl.stages import bench
from posectl.stages.bench import BATCH, training_flops


def mlp(*sizes: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in pairwise(sizes)))


@pytest.mark.parametrize("regularizer", ["none", "acai"])
def test_the_flops_of_a_step_are_those_that_pytorch_counts(regularizer: str) -> None:
    encoder, decoder, critic = mlp(51, 256, 256, 16), mlp(16, 256, 256, 51), mlp(51, 256, 256, 16)
    x = torch.randn(BATCH, 51)
    own = [*encoder.parameters(), *decoder.parameters()]
    with FlopCounterMode(display=False) as counter:
        z = encoder(x)
        x_hat = decoder(z)
        loss = (x_hat - x).square().mean()
        if regularizer == "acai":
            guess, of_real = critic(decoder(z.flip(0) + z)), critic(x_hat.detach() + x)
            loss = loss + guess.square().mean()
            fooled = (guess - 0.3).square().mean() + of_real.square().mean()
            torch.autograd.grad(fooled, list(critic.parameters()), retain_graph=True)
        torch.autograd.grad(loss, own)
    assert counter.get_total_flops() == BATCH * training_flops(regularizer)


class Slow:
    """A trainer that does a block of 100 steps in a second, but the first in nine."""

    step = 0

    def __init__(self, *_: object, **__: object) -> None:
        self.clock = Slow.clock = [0.0]

    def run(self, report: Callable[[], None], should_stop: Callable[[], bool]) -> None:
        while not should_stop():
            self.clock[0] += 1.0 if self.step else 9.0
            self.step += 100
            report()


def test_the_rate_is_of_all_replicas_without_the_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "Trainer", Slow)
    Slow.clock = [0.0]
    monkeypatch.setattr(bench.time, "perf_counter", lambda: Slow.clock[0])
    assert bench.training_rate(2, "none", 2.5, torch.device("cpu")) == 2 * BATCH * 100
