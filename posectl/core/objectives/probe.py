"""Linear probe: a single layer learns to tell classes from the codes as they come, and the autoencoder never notices.

Source: Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial Regularizer",
2018, section 4.1 (brain-research/acai, lib/classifiers.py): its test accuracy over the training is what Table 2 is
made of, see core/metrics/probe_accuracy.py.

Defaults: the layer learns by Adam at --lr-adversary, or else --lr; the paper's is 1e-4 for both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.nets import Architecture
from posectl.core.nets.layers import Linear
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Step
from posectl.errors import UsageError


@objective("probe")
@dataclass(frozen=True)
class Probe(Objective):
    """The classifier that is trained alongside. Beside any regularizers: the autoencoder comes to the same bits with it
    and without. It reads the codes of samples as they are, uncorrupted; of a VAE, what means and variances are made of.

    lam: without a meaning, for no loss of the autoencoder's is added.
    classes: number of classes, which comes from the data.
    """

    name = "probe"
    whole_batch = ""
    has_term = False
    observes = True
    needs_labels = True
    adversary_names = ("layer",)

    lam: float = 1.0
    classes: int = 0

    def __post_init__(self) -> None:
        if self.lam != 1:
            raise UsageError(f"probe adds no term to the loss that --lam {self.lam:g} could weigh.", "Give it --lam 1.")

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the layer."""
        return {"layer": Linear(replicas, architecture.latent, self.classes)}

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the layer's softmax cross-entropy (R,)."""
        assert step.labels is not None
        logits = networks["layer"](step.features)
        return {"layer": F.cross_entropy(logits.movedim(-1, 1), step.labels, reduction="none").mean(1)}

    def tested(self, features: Tensor, labels: Tensor, networks: Networks) -> dict[str, Tensor]:
        """Return which of test samples the layer classifies correctly (R, B), as `accuracy`."""
        return {"accuracy": (networks["layer"](features).argmax(-1) == labels).to(torch.float64)}
