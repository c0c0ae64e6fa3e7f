"""Random streams as functions of (seed, purpose, index), so that nothing depends on what was drawn before."""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """Return a CPU generator for one use: the same (seed, purpose, index) gives the same numbers on every machine.

    Streams are drawn on the CPU and moved, so that a run on CUDA sees the numbers that it would see on the CPU.
    """
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
