"""Trainings over several ranks, as torchrun starts them: `torchrun ... tests/ranked.py FOLDER` trains a few steps under
every objective that micro-batches allow, and rank 0 leaves the states there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import posectl
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets import Architecture
from posectl.core.nets.cloud import Cloud
from posectl.core.nets.conv import Conv
from posectl.core.nets.mlp import MLP
from posectl.core.objectives import OBJECTIVES
from posectl.core.training.batches import FiniteSamples
from posectl.core.training.loop import Plan, Trainer
from posectl.core.training.ranks import ALONE, Alone, met

ALLOWED = [name for name in OBJECTIVES.built_in() if not OBJECTIVES.get(name).whole_batch]
REFUSED = [name for name in OBJECTIVES.built_in() if OBJECTIVES.get(name).whole_batch]

# As published they take minutes.
_NARROW = {"width": 16}
_SMALL = {"vqvae": {"codes": 64, "width": 32}, "aae-supervised": _NARROW, "aae-semi": _NARROW,
          "aae-cluster": {**_NARROW, "clusters": 5}, "aae-reduce": _NARROW, "vae-gan": {"features": 16},
          "aae-wgan": {"width": 0.05}, "aae-wgan-cluster": {"width": 0.05}, "perceptual": {"depth": 4}}  # fmt: skip
_KINDS = {"perceptual": "images", "emd": "clouds"}
_SHAPES = {"images": (1, 8, 8), "clouds": (64, 3), "poses": (17, 3)}
STEPS, BATCH = 20, 16


def build(
    name: str, *, micro_batch: int | None, pairing: str = "reverse", kind: str = "", ranks: Alone = ALONE
) -> Trainer:
    """A trainer of a small net under the objective of this name, of samples of a kind that it goes with."""
    kind = kind or _KINDS.get(name, "poses")
    shape = _SHAPES[kind]
    objective = OBJECTIVES.get(name)(**_SMALL.get(name, {})).informed(3, unlabelled=False)
    latent = objective.in_code + 4
    net: Architecture = MLP(shape, latent, widths=(16, 16))
    if kind != "poses":
        net = Conv(shape, latent=16, depth=4) if kind == "images" else Cloud(shape, latent, width=0.1)
    data = torch.randn(200, *shape, generator=torch.Generator().manual_seed(1)) * 0.3
    labels = torch.randint(3, (len(data),), generator=torch.Generator().manual_seed(2))
    labelled = FiniteSamples(data, labels if objective.needs_labels or objective.needs_labelled else None)
    plan = Plan(steps=STEPS, batch=BATCH, evaluate_every=10, pairing=pairing, micro_batch=micro_batch)
    return Trainer(net, NORMAL, [[objective]], labelled, data[:20], plan, [0], kind=KINDS.get(kind), ranks=ranks)


def torchrun(ranks: int, folder: Path, *command: object) -> subprocess.Popen[str]:
    """Start a command on so many ranks of this host, in a folder."""
    places = (Path(posectl.__file__).parents[1], Path(__file__).parent)
    path = os.pathsep.join([*map(str, places), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks),
         *map(str, command)],
        cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1", "PYTHONPATH": path},
    )  # fmt: skip


def completed(ranks: int, folder: Path, *command: object) -> tuple[int, str, str]:
    """Run a command on so many ranks of this host: its exit code, stdout and stderr.

    Once more where a rank was aborted in C++ without a word of posectl's: PyTorch 2.13 did so once on a loaded machine,
    and in none of 700 starts that were to find out where.
    """
    for _ in range(2):
        run = torchrun(ranks, folder, *command)
        out, err = run.communicate(timeout=300)
        if run.returncode == 0 or "terminate called without an active exception" not in err:
            break
    return run.returncode, out, err


def process_of(run: subprocess.Popen[str], rank: int) -> int:
    """The process of a rank of a `torchrun`, by what its environment says."""
    for child in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
        if f"RANK={rank}".encode() in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
            return int(child)
    raise AssertionError(f"no rank {rank}")


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with met(os.environ) as ranks:
        ranks.connect(torch.device("cpu"))
        for name in ALLOWED:
            trainer = build(name, micro_batch=4, ranks=ranks)
            assert trainer.run()
            if ranks.leads:
                np.savez(folder / f"{name}.npz", **trainer.state())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
