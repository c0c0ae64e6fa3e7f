"""ACAI's networks for lines: posectl's layers against PyTorch's own, forward and backward.

    python tests/benchmarks/conv.py [--threads 1 2] [--batch 64] [--rounds 15] [--replicas 1]

Images a second through encoder, decoder and critic: one pass and the gradient of the mean square by all weights, and of
decoder and critic by their input too. PyTorch's layers hold one replica, in its default memory order and channels last;
they and posectl's take turns, and the best of all rounds counts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import initialise
from posectl.core.random import generator

LINES = Conv((1, 32, 32), 64)
MAPS = (16, 32, 64, 128, 256)


def convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.LeakyReLU(0.2)]


def plain_encoder() -> nn.Sequential:
    layers = [nn.Conv2d(1, 16, 1), *convolution(16, 16)]
    for few, many in itertools.pairwise(MAPS):
        layers += [*convolution(few, few), nn.AvgPool2d(2), *convolution(few, many)]
    return nn.Sequential(*layers, nn.Conv2d(256, 16, 3, padding=1), nn.Flatten())


def plain_decoder() -> nn.Sequential:
    layers = [nn.Unflatten(1, (16, 2, 2)), *convolution(16, 128)]
    for many, few in itertools.pairwise((128, 64, 32, 16, 16)):
        layers += [*convolution(many, many), nn.Upsample(scale_factor=2), *convolution(many, few)]
    return nn.Sequential(*layers, nn.Conv2d(16, 1, 3, padding=1))


def step(module: nn.Module, x: Tensor, *, by_input: bool) -> Callable[[], object]:
    x = x.requires_grad_(by_input)
    wanted = [*module.parameters(), *([x] if by_input else [])]
    return lambda: torch.autograd.grad(module(x).square().mean(), wanted)


def peers(replicas: int, batch: int) -> dict[tuple[str, str], Callable[[], object]]:
    """What is timed, by (network, whose)."""
    networks = {
        "encoder": (LINES.encoder(replicas), plain_encoder, LINES.shape),
        "decoder": (LINES.decoder(replicas), plain_decoder, (LINES.latent,)),
        "critic": (LINES.critic(replicas), plain_encoder, LINES.shape),
    }
    steps: dict[tuple[str, str], Callable[[], object]] = {}
    for name, (ours, plain, shape) in networks.items():
        for replica in range(replicas):
            initialise(ours, replica, generator(replica, name))
        by_input = name != "encoder"
        steps[name, "PyTorch"] = step(plain(), torch.randn(batch, *shape), by_input=by_input)
        last = plain().to(memory_format=torch.channels_last)
        steps[name, "channels last"] = step(last, torch.randn(batch, *shape), by_input=by_input)
        steps[name, "posectl"] = step(ours, torch.randn(replicas, batch, *shape), by_input=by_input)
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--replicas", type=int, default=1)
    options = parser.parse_args()
    steps = peers(options.replicas, options.batch)
    for threads in options.threads:
        torch.set_num_threads(threads)
        best = dict.fromkeys(steps, float("inf"))
        for _ in range(options.rounds + 2):  # the first two warm up
            for key, run in steps.items():
                start = time.perf_counter()
                run()
                best[key] = min(best[key], time.perf_counter() - start)
        print(f"{platform.machine()}, {threads} threads, load {os.getloadavg()[0]:.1f}: images a second")
        for (name, whose), seconds in best.items():
            images = options.batch * (options.replicas if whose == "posectl" else 1)
            print(f"  {name:8} {whose:14} {images / seconds:7.0f}")


if __name__ == "__main__":
    main()
