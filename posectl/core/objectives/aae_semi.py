"""AAE that learns classes from few labels: the encoder gives a class and a style, and labelled samples teach the class.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, section 5, Fig. 11 and Table 1. `--labelled` says how many
samples have a label; each step has as many of them beside its batch. Take batch norm in the net, as of aae-cluster.

Defaults: the paper's networks, but for the activation of the discriminators, a leaky ReLU; not its momentum, nor the
three steps that it takes one after another.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks
from posectl.core.objectives.categorical import Categorical, labels_loss
from posectl.core.objectives.step import Step


@objective("aae-semi")
@dataclass(frozen=True)
class SemiSupervisedAAE(Categorical):
    """The semi-supervised AAE.

    lam: weight of the sum of the encoder's losses, by the discriminators and by the labels; beside the mean
        square of an image 0.3 is a fair start. Paper: 1, in steps of its own.
    width: units of each hidden layer of a discriminator. Paper: 1000.
    depth: hidden layers of a discriminator. Paper: 2.
    sigma: standard deviation of noise on all that the discriminators see, without which they tell one-hot vectors at a
        glance. As in musyoku/adversarial-autoencoder: 0.3.
    joint: whether the discriminator of the style sees the class, too, so that the style tells nothing of it. Paper: it
        does not, over thousands of epochs.
    supervision: weight in that sum of the labels' cross-entropy. Paper: 1, in steps of its own.
    classes: number of classes, which comes from the data.
    """

    name = "aae-semi"
    needs_labels = True
    needs_labelled = True

    supervision: float = 1.0
    classes: int = 0

    @property
    def heads(self) -> int:
        """The number of classes."""
        return self.classes

    def meant(self, heads: Tensor) -> Tensor:
        """Return the heads, which are classes."""
        return heads

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the discriminators' cross-entropy (R,) and the weighed one of the labels."""
        return super().term(step, networks) + self.supervision * labels_loss(self, step)
