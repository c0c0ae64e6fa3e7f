"""Training throughput: nine lambdas of ACAI as one stack, and one plain autoencoder, against peers of the same size.

    python tests/benchmarks/train.py --peer PEER_SCRIPT --peers-python PYTHON [--rounds 5] [--seconds 6] [--threads 2]

64,000 random poses of 51 numbers, 51-256-256-16 and back, batch 64. The peer script prints two lines, `plain_acai 64
SAMPLES/S` and `pythae_ae 64 SAMPLES/S`; PYTHON is one that has torch and pythae. posectl's loop runs in turn with them,
as `posectl sweep` and `posectl train` run it, its batches and noise included. The share of the machine's limit is that
of a large float32 matrix product in the same run, by the operations that a step cannot do without
(`posectl.stages.bench.training_flops`).
"""

from __future__ import annotations

import argparse
import subprocess
from functools import partial
from pathlib import Path
from statistics import median

import torch
from timing import Others, Row, in_turn, parser, ratio, report, spread

from posectl.core import device as devices
from posectl.stages.bench import matmul_rate, training_flops, training_rate


def peer_rates(options: argparse.Namespace) -> dict[str, float]:
    """What the peer script prints: samples per second by name; nothing where there is none."""
    if options.peer is None:
        return {}
    flags = ["--threads", str(options.threads), "--seconds", str(options.seconds)]
    done = subprocess.run([options.peers_python, str(options.peer), *flags], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[0]: float(words[2]) for words in lines if words[:1] in (["plain_acai"], ["pythae_ae"])}


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--peer", type=Path)
    made.add_argument("--peers-python", default="python3")
    made.add_argument("--seconds", type=float, default=6.0)
    made.add_argument("--device", default="cpu")
    options = made.parse_args()
    device = devices.resolve(options.device)
    devices.use_threads(options.threads)
    others, peers = Others(), []
    jobs = {
        "limit": partial(matmul_rate, device),
        "nine": partial(training_rate, 9, "acai", options.seconds, device),
        "one": partial(training_rate, 1, "acai", options.seconds, device),
        "plain": partial(training_rate, 1, "none", options.seconds, device),
        "peers": lambda: peers.append(peer_rates(options)),
    }
    rates = in_turn(jobs, options.rounds)
    limit = max(rates["limit"])
    where = device.type if device.type == "cpu" else torch.cuda.get_device_name(device)
    print(f"matrix product on {where}: {limit / 1e9:.0f} GFLOP/s; samples/s, and the share of that limit:")
    for name, regularizer in (("nine", "acai"), ("one", "acai"), ("plain", "none")):
        share = median(rates[name]) * training_flops(regularizer) / limit
        print(f"{name:6} {regularizer:5} {spread(rates[name], ',.0f'):>28} {share:6.2f}")
    report(options, [
        row(rates["nine"], peers, "plain_acai", "the plain PyTorch loop", limit, "acai", others(),
            "nine lambdas of ACAI at batch 64 as one stack, all replicas summed"),
        row(rates["one"], peers, "plain_acai", "the plain PyTorch loop", limit, "acai", others(),
            "one ACAI at batch 64", asked=1.5),
        row(rates["plain"], peers, "pythae_ae", "pythae's AE", limit, "none", others(),
            "one plain autoencoder at batch 64"),
    ])  # fmt: skip


def row(
    ours: list[float], peers: list[dict[str, float]], peer: str, label: str, limit: float, regularizer: str,
    others: float, figure: str, asked: float = 2.5,
) -> Row:  # fmt: skip
    share = median(ours) * training_flops(regularizer) / limit
    theirs = [rates[peer] for rates in peers if rates]
    told = f"{label} {median(theirs):,.0f} samples/s: {ratio(theirs, ours):.1f} times" if theirs else ""
    wanted = f"{asked:g} times {label}" + (", 0.7 of the limit" if regularizer == "acai" else "")
    return Row("3", figure, wanted, f"{median(ours):,.0f} samples/s, {share:.2f} of the limit", told, others)


if __name__ == "__main__":
    main()
