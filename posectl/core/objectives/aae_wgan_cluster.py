"""AAE-C: a clustering AAE by Wasserstein critics, one of the cluster and one of the style.

Source: Zamorski et al., 2020, section 3.2 and Fig. 23 (3d-AAE-C), see critics.py; codes as of aae-cluster.

Defaults: the authors' critic and penalty, see aae-wgan; they publish no code of this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.objectives import objective
from posectl.core.objectives.categorical import Clusters
from posectl.core.objectives.critics import Criticised
from posectl.core.objectives.step import UNIFORM, Noise


@objective("aae-wgan-cluster")
@dataclass(frozen=True)
class WassersteinClusteringAAE(Clusters, Criticised):
    """The clustering AAE by Wasserstein critics.

    lam: weight of the encoder's losses by the two critics; 0.1 is a fair start, and at 0.5 all clouds come to be of one
        cluster. Paper: 1, beside a sum over a batch of 50.
    penalty: weight of the squared difference of a critic's slope from one, in the critic's loss. Paper: 10.
    width: width of every layer of the critics, as a share of the published one. Paper: 1.
    clusters: number of clusters. Paper: 32.
    """

    name = "aae-wgan-cluster"
    noise = {"style": Noise("normal", "code"), "class": Noise("uniform"), "aae-wgan-cluster.place": UNIFORM}
