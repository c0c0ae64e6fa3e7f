"""safetensors: the weights of a model, named as its layers, with the JSON that describes it in the header."""

from __future__ import annotations

import json
from pathlib import Path

from posectl.core.autoencoder import Autoencoder
from posectl.stages.exporting import target
from posectl.stages.exporting.plain import Plain, check, needs, plain, run_plain
from posectl.stages.exporting.targets import ModelTarget
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact

KEY = "posectl"
"""The key of the description in the header."""


@target("safetensors")
class Safetensors(ModelTarget):
    """The target of one file."""

    suffixes = (".safetensors",)

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write the weights, read them again, and hold what they give against the model."""
        write_weights(plain(artifact, model), model, path)
        return []


def write_weights(described: Plain, model: Autoencoder, path: Path) -> None:
    """Write a described model as safetensors, and check the file.

    Raises UnavailableError without the extra, PosectlError where the file gives other outputs.
    """
    try:
        from safetensors.numpy import load, save
    except ImportError as error:
        raise needs("safetensors", error) from error
    path.write_bytes(save(described.weights, metadata={KEY: json.dumps(described.config)}))
    check(model, described, run_plain(Plain(described.config, load(path.read_bytes()))))
