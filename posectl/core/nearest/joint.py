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


class SearchPendingError(Exception):
    """A search that the next pass over its shards will answer."""


class Pass:
    """Questions, and what was found.

    >>> import numpy as np, torch
    >>> from posectl.core.metrics.nearest import answers, nearest
    >>> from posectl.core.nearest.joint import SearchPendingError, Pass
    >>> from posectl.core.shards import Shards
    >>> shards = Shards([2, 1], (1, 3), lambda number, rows: np.full((2 - number, 1, 3), number, np.float32))
    >>> shards.joint = Pass()
    >>> queries = torch.ones(1, 1, 3)
    >>> try:
    ...     nearest(queries, shards)
    ... except SearchPendingError:
    ...     shards.joint.run(answers)
    >>> nearest(queries, shards)[1]
    tensor([[2]])
    """

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Question, Shards]] = {}
        self._found: dict[str, Found] = {}

    def nearest(self, question: Question, shards: Shards) -> Found:
        """Return what was found. Raises SearchPendingError where no pass has looked for it."""
        queries = cast(Tensor, question.queries)
        content = hashlib.sha256(queries.detach().cpu().numpy().tobytes()).hexdigest()
        key = f"{shards.key} {content} {tuple(queries.shape)} {queries.dtype} {queries.device} {question[1:]}"
        if key not in self._found:
            self._asked[key] = question, shards
            raise SearchPendingError
        return self._found[key]

    def run(self, search: Search) -> None:
        """Find what was asked, in one pass over each set of shards; queries that are alike are searched for as one."""
        passes: dict[str, dict[tuple[object, ...], dict[str, Question]]] = {}
        of: dict[str, Shards] = {}
        for key, (question, shards) in self._asked.items():
            queries = cast(Tensor, question.queries)
            alike = (*question[1:], queries.shape[1:], queries.dtype, queries.device)
            passes.setdefault(shards.key, {}).setdefault(alike, {})[key] = question
            of[shards.key] = shards
        for name, groups in passes.items():
            alone = copy.copy(of[name])
            alone.joint, alone.workers = None, of[name].workers
            together = [_joined(list(group.values())) for group in groups.values()]
            for group, found in zip(groups.values(), search(together, alone), strict=True):
                sizes = [len(cast(Tensor, each.queries)) for each in group.values()]
                parts = zip(*(part.split(sizes) for part in found), strict=True)
                self._found |= {
                    key: (distances, indices) for key, (distances, indices) in zip(group, parts, strict=True)
                }
        self._asked.clear()


def _joined(questions: list[Question]) -> Question:
    return questions[0]._replace(queries=torch.cat([cast(Tensor, each.queries) for each in questions]))
