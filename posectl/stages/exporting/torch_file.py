"""torch: a file of torch.save that holds tensors and plain values alone, as `torch.load` takes it by default."""

from __future__ import annotations

from pathlib import Path

import torch

from posectl.core.autoencoder import Autoencoder
from posectl.stages.exporting import target
from posectl.stages.exporting.plain import Plain, as_tensors, check, plain, run_plain
from posectl.stages.exporting.targets import ModelTarget
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact


@target("torch")
class TorchFile(ModelTarget):
    """The target of one file: {"config": what describes the model, "weights": tensors by name}."""

    suffixes = (".pt", ".pth")

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write the weights, read them again, and hold what they give against the model."""
        described = plain(artifact, model)
        torch.save({"config": described.config, "weights": as_tensors(described.weights)}, path)
        read = torch.load(path, weights_only=True, map_location="cpu")
        again = Plain(read["config"], {name: value.numpy() for name, value in read["weights"].items()})
        check(model, described, run_plain(again))
        return ['torch.load(FILE) gives {"config", "weights"}; --to hf-folder has a file that runs them.']
