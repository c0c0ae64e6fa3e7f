"""AAE that clusters: the encoder gives one of so many clusters and a style, and no label is seen.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, section 6 and Fig. 12; with the size of the style of
musyoku/adversarial-autoencoder, 10 (--latent 10).

All images may move from cluster to cluster together, and end in one. Batch norm in the net holds them apart
(--set mlp.batch_norm=true), as does the noise that the discriminators see.

Defaults: the paper's networks, but for the activation of the discriminators, a leaky ReLU; not its momentum.
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.objectives import objective
from posectl.core.objectives.categorical import Categorical, Clusters


@objective("aae-cluster")
@dataclass(frozen=True)
class ClusteringAAE(Clusters, Categorical):
    """The clustering AAE.

    lam: weight of the encoder's losses by the two discriminators; beside the mean square of an
        image 0.05 is a fair start. Paper: 1, in steps of its own.
    width: units of each hidden layer of a discriminator. Paper: 1000.
    depth: hidden layers of a discriminator. Paper: 2.
    sigma: standard deviation of noise on all that the discriminators see, without which they tell one-hot vectors at a
        glance. As in musyoku/adversarial-autoencoder: 0.3.
    joint: whether the discriminator of the style sees the cluster, too, so that the style tells nothing of it. Paper:
        it does not, over thousands of epochs.
    clusters: number of clusters. Paper: 16 and 30.
    """

    name = "aae-cluster"
