"""Classifier: the encoder learns classes from the labelled samples alone, by cross-entropy.

What a semi-supervised AAE is held against: the same encoder without the samples that have no label. Source: Makhzani et
al., "Adversarial Autoencoders", 2015, Table 1, NN Baseline.

The decoder learns to reconstruct from what the encoder gives, and moves it not.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks
from posectl.core.objectives.categorical import Headed, labels_loss
from posectl.core.objectives.step import Step


@objective("classifier")
@dataclass(frozen=True)
class Classifier(Headed):
    """The plain classifier. Codes are (y, z) as of aae-semi; nothing teaches z.

    lam: weight of the cross-entropy.
    classes: number of classes, which comes from the data.
    """

    name = "classifier"
    needs_labels = True
    needs_labelled = True

    classes: int = 0

    @property
    def heads(self) -> int:
        """The number of classes."""
        return self.classes

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor:
        """Return the codes without their gradient, so that no reconstruction moves the encoder."""
        return z.detach()

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the cross-entropy (R,) of the labelled samples."""
        return labels_loss(self, step)
