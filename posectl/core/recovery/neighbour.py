"""The exact nearest training poses, by the known joints."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics.nearest import MaskedIndex, nearest
from posectl.core.recovery import Recovery


class Neighbour(Recovery):
    """The nearest of training poses (M, J, 3), whole as they are: S hypotheses are the S nearest."""

    def __init__(self, train: Tensor) -> None:
        self._train, self._index = train, MaskedIndex(train)

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, S, J, 3)."""
        _, index = nearest(poses, self._index, min(hypotheses, len(self._train)), known=known)
        return self._train[index.to(self._train.device)]

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3)."""
        return self._train[nearest(poses, self._train)[1].to(self._train.device)]
