"""safetensors: the weights of a model as they are, named as its layers, with what rebuilds it in the header."""

from __future__ import annotations

import json
from pathlib import Path

from posectl.core.autoencoder import Autoencoder
from posectl.errors import UnavailableError
from posectl.stages.exporting import target
from posectl.stages.exporting.targets import ModelTarget
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact


@target("safetensors")
class Safetensors(ModelTarget):
    """The target of one file of weights."""

    suffixes = (".safetensors",)

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write weights "encoder.*" and "decoder.*", and the artifact's description as JSON."""
        try:
            from safetensors.numpy import save
        except ImportError as error:
            raise UnavailableError(
                "safetensors is not installed.", "Install the extra: pip install 'posectl[safetensors]'."
            ) from error
        weights = artifact.read_group(f"weights/{options.weights}")
        path.write_bytes(save(weights, metadata={"posectl": json.dumps(artifact.about)}))
        return []
