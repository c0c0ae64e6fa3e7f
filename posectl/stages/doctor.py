"""doctor: the versions and devices of this installation, and checks that it works."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from dataclasses import dataclass

import numpy as np
import torch

from posectl.errors import PosectlError
from posectl.stages.run import Run
from posectl.version import __version__

_NEEDED = (
    "typer",
    "torch",
    "numpy",
    "zarr",
    "rich",
    "scipy",
    "pyyaml",
    "imageio",
    "pillow",
    "matplotlib",
    "numba",
    "llvmlite",
)
_EXTRAS = {
    "video": "imageio_ffmpeg", "h36m": "cdflib", "c3d": "c3d", "sklearn": "sklearn", "safetensors": "safetensors",
    "onnx": "onnxruntime", "cloud": "obstore",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line: a label, the finding, and whether it is as it should be."""

    label: str
    text: str
    well: bool = True


def doctor(run: Run) -> list[Finding]:
    """Look at versions, extras, devices and the store, and hold the search and a network against known answers."""
    return [
        Finding("posectl", f"{__version__}, Python {platform.python_version()}, {platform.system()}"),
        *(_package(name) for name in _NEEDED),
        *(Finding(f"extra [{extra}]", _extra(extra, module)) for extra, module in _EXTRAS.items()),
        Finding("cpu", f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"),
        Finding("cuda", _cuda()),
        _store(run),
        _search(),
        _gradient(),
    ]


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"missing: pip install {name}", well=False)


def _extra(extra: str, module: str) -> str:
    there = importlib.util.find_spec(module) is not None
    return "installed" if there else f"not installed: pip install 'posectl[{extra}]'"


def _cuda() -> str:
    if not torch.cuda.is_available():
        return "none; everything runs on the CPU"
    return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))


def _store(run: Run) -> Finding:
    try:
        count = len(run.artifacts.artifacts())
    except PosectlError as error:
        return Finding("store", f"{run.store}: {error.message}", well=False)
    return Finding("store", f"{run.store}: {count} artifacts")


def _search() -> Finding:
    """Check the nearest-neighbour kernel against a float64 brute force."""
    from posectl.core.metrics.nearest import nearest

    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(n, 17, 3)).astype(np.float32) for n in (64, 2000))
    exact = np.linalg.norm(a[:, None].astype(np.float64) - b[None], axis=-1).mean(-1)
    distance, index = nearest(a, b, metric="mpjpe")
    worst = float(np.abs(distance[:, 0].numpy() - exact.min(1)).max())
    right = bool((index[:, 0].numpy() == exact.argmin(1)).all()) and worst < 1e-12
    return Finding(
        "search", f"agrees with brute force to {worst:.1e}" if right else "disagrees with brute force", right
    )


def _gradient() -> Finding:
    """Check one layer's gradient against a finite difference, in float64."""
    x = torch.linspace(-1, 1, 8, dtype=torch.float64, requires_grad=True)
    function = lambda v: torch.nn.functional.leaky_relu(v, 0.2).square().sum()  # noqa: E731
    (gradient,) = torch.autograd.grad(function(x), x)
    step = 1e-6
    numeric = torch.stack(
        [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in torch.eye(8).double()]
    )
    worst = float((gradient - numeric.detach()).abs().max())
    return Finding("autograd", f"agrees with finite differences to {worst:.1e}", worst < 1e-6)
