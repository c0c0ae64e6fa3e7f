"""The samples whose labels a training knows: a draw from every class alike, by the run's seed."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.random import generator


def labelled_rows(labels: Tensor, count: int | None, seed: int) -> Tensor:
    """Draw `count` rows (count,), in order, from each class of labels (N,) as many as from any other; None: all rows.

    A class that has too few gives what it has, and the others give more. Where count does not go into the classes,
    chance says which of them give one more. The draw of fewer rows is part of that of more.

    >>> import torch
    >>> from posectl.core.training.labelled import labelled_rows
    >>> labels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 2])
    >>> labels[labelled_rows(labels, 5, seed=0)].bincount().tolist()
    [2, 2, 1]
    """
    if count is None:
        return torch.arange(len(labels), device=labels.device)
    draw, known = generator(seed, "labelled"), labels.cpu()
    shuffled = torch.randperm(len(known), generator=draw)
    classes = int(known.max()) + 1
    turn = torch.randperm(classes, generator=draw)
    # Each class gives one row a round, in the order of the turn.
    members = torch.nn.functional.one_hot(known[shuffled], classes)
    rounds = members.cumsum(0).gather(1, known[shuffled][:, None])[:, 0]
    order = (rounds * classes + turn[known[shuffled]]).argsort()
    return shuffled[order[:count]].sort().values.to(labels.device)
