"""Searches of several among the same shards, in one pass over them.

A pass over samples beyond memory costs far more than the queries that it answers. So whoever searches shards of a
`Pass` puts a question, and is interrupted; when all have asked, one pass finds the neighbours of all, and whoever asks
again has its own.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor

from posectl.core.nearest.search import Found, Question
from posectl.core.shards import Shards

Search = Callable[[Sequence[Question], Shards], list[Found]]
"""Answers questions among shards in one pass over them."""


_MOST = 9  # passes: metrics ask twice at most, of all real samples and of test samples


class SearchPendingError(Exception):
    """A search that the next pass over its shards will answer."""


class Pass:
    """Questions, and what was found by `search`.

    Who asks for something else each time, such as a metric that draws its queries anew, is answered at once from the
    tenth pass on.

    >>> import numpy as np, torch
    >>> from posectl.core.metrics.nearest import answers, nearest
    >>> from posectl.core.nearest.joint import Pass, SearchPendingError
    >>> from posectl.core.shards import joined
    >>> shards = joined([np.zeros((2, 1, 3), np.float32), np.ones((1, 1, 3), np.float32)])
    >>> shards.joint = Pass(answers)
    >>> queries = torch.ones(1, 1, 3)
    >>> try:
    ...     nearest(queries, shards)
    ... except SearchPendingError:
    ...     shards.joint.run()
    >>> nearest(queries, shards)[1]
    tensor([[2]])
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._asked: dict[str, tuple[Question, Shards]] = {}
        self._found: dict[str, Found] = {}
        self._passes = 0

    def nearest(self, question: Question, shards: Shards) -> Found:
        """Return what was found. Raises SearchPendingError where no pass has looked for it."""
        queries = cast(Tensor, question.queries)
        content = hashlib.sha256(queries.detach().cpu().numpy().tobytes()).hexdigest()
        key = f"{shards.key} {content} {tuple(queries.shape)} {queries.dtype} {queries.device} {question[1:]}"
        if key in self._found:
            return self._found[key]
        if self._passes >= _MOST:
            return self._search([question], _alone(shards))[0]
        self._asked[key] = question, shards
        raise SearchPendingError

    def run(self) -> None:
        """Find what was asked, in one pass over each set of shards; queries that are alike are searched for as one."""
        self._passes += 1
        passes: dict[str, dict[tuple[object, ...], dict[str, Question]]] = {}
        of: dict[str, Shards] = {}
        for key, (question, shards) in self._asked.items():
            queries = cast(Tensor, question.queries)
            alike = (*question[1:], queries.shape[1:], queries.dtype, queries.device)
            passes.setdefault(shards.key, {}).setdefault(alike, {})[key] = question
            of[shards.key] = shards
        for name, groups in passes.items():
            together = [_joined(list(group.values())) for group in groups.values()]
            for group, found in zip(groups.values(), self._search(together, _alone(of[name])), strict=True):
                sizes = [len(cast(Tensor, each.queries)) for each in group.values()]
                distances, indices = (part.split(sizes) for part in found)
                self._found |= dict(zip(group, zip(distances, indices, strict=True), strict=True))
        self._asked.clear()


def _alone(shards: Shards) -> Shards:
    """Return shards that are searched at once, by their workers."""
    alone = copy.copy(shards)  # which leaves out who searches them
    alone.workers = shards.workers
    return alone


def _joined(questions: list[Question]) -> Question:
    return questions[0]._replace(queries=torch.cat([cast(Tensor, each.queries) for each in questions]))
