"""The search in plain PyTorch: what it does when the device runs out of memory."""

from __future__ import annotations

import logging
from math import sqrt
from typing import Any

import pytest
import torch

from posectl.core.metrics.nearest import nearest
from posectl.core.nearest import plain
from posectl.errors import UnavailableError


@pytest.fixture
def small_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device with room for 40 samples of the reference."""
    merge = plain._merge

    def scarce(queries: torch.Tensor, reference: torch.Tensor, *rest: Any) -> None:
        if len(reference[rest[-1]]) > 40:
            raise torch.OutOfMemoryError("CUDA out of memory")
        merge(queries, reference, *rest)

    monkeypatch.setattr(plain, "_merge", scarce)


def test_out_of_memory_it_halves_the_block_says_so_and_goes_on(
    small_device: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queries, reference = torch.randn(50, 3, 3), torch.randn(300, 3, 3)
    with caplog.at_level(logging.WARNING):
        found = nearest(queries, reference, 4)
    assert "ran out of memory" in caplog.text
    monkeypatch.undo()
    assert all(map(torch.equal, found, nearest(queries, reference, 4)))


def test_out_of_memory_for_a_single_sample_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(plain, "_merge", none_left)
    with pytest.raises(UnavailableError, match="too little memory"):
        nearest(torch.randn(5, 3, 3), torch.randn(30, 3, 3))


@pytest.mark.parametrize("metric", ["mpjpe", "l2", "cosine"])
def test_distances_are_summed_one_coordinate_after_the_other(metric: str) -> None:
    a, b = torch.randn(2, 200, 6, generator=torch.Generator().manual_seed(0))
    for x, y, found in zip(a.tolist(), b.tolist(), plain.distance(a, b, metric).tolist(), strict=True):
        squares = [(p - q) * (p - q) for p, q in zip(x, y, strict=True)]
        if metric == "mpjpe":
            wanted = (sqrt(squares[0] + squares[1] + squares[2]) + sqrt(squares[3] + squares[4] + squares[5])) / 2
        else:
            total = sum(squares)
            wanted = sqrt(total) if metric == "l2" else total / 2
        assert found == wanted
