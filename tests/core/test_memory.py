"""Blocks that halve: which rows are worked on, how often, and what is said."""

from __future__ import annotations

import logging
import platform
import subprocess
import sys

import pytest
import torch
from torch import nn

from posectl.core import autoencoder
from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import PRIORS
from posectl.core.memory import Blocks
from posectl.core.nets.mlp import MLP
from posectl.errors import UnavailableError


def tried(blocks: Blocks, count: int, room: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The blocks that a device with room for so many rows was asked for, and those that went through."""
    asked = []

    def work(rows: slice) -> tuple[int, int]:
        asked.append((rows.start, rows.stop))
        if rows.stop - rows.start > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return asked[-1]

    return asked, list(blocks.over(count, work))


def test_where_there_is_room_rows_go_in_blocks_of_the_size_asked_for() -> None:
    asked, through = tried(Blocks(4), 10, room=4)
    assert asked == through == [(0, 4), (4, 8), (8, 10)]


def test_a_block_that_does_not_fit_is_halved_until_it_does_and_none_is_larger_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    blocks = Blocks(16)
    with caplog.at_level(logging.WARNING):
        asked, through = tried(blocks, 10, room=3)
    assert asked[:3] == [(0, 10), (0, 5), (0, 2)]
    assert through == asked[2:] == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]
    assert [record.getMessage() for record in caplog.records] == [
        f"The device ran out of memory; it goes on with blocks of {rows} rows." for rows in (5, 2)
    ]
    assert tried(blocks, 3, room=3)[0] == [(0, 2), (2, 3)]


def test_no_room_for_one_row_is_an_error_with_a_hint() -> None:
    with pytest.raises(UnavailableError, match="too little memory") as refused:
        tried(Blocks(16), 3, room=0)
    assert "--device cpu" in refused.value.hint


def test_a_cpu_out_of_memory_is_met_by_smaller_blocks_too() -> None:
    blocks = Blocks(2)

    def work(rows: slice) -> int:
        if rows.stop - rows.start > 1:
            torch.empty(1 << 60, dtype=torch.uint8)  # more than any machine has
        return rows.start

    assert list(blocks.over(2, work)) == [0, 1]


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Blocks(4).over(8, lambda rows: 1 // 0))


def test_a_model_encodes_and_decodes_in_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Autoencoder(MLP((17, 3), 8, widths=(16,)), PRIORS["sphere"], torch.device("cpu"), kind=KINDS.get("poses"))
    for module in (model.encoder, model.decoder):
        for parameter in module.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1, generator=torch.Generator().manual_seed(0))
    poses = torch.randn(100, 17, 3, generator=torch.Generator().manual_seed(1))
    wanted = model.reconstruct(poses)

    def scarce(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if inputs[0].shape[1] > 30:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(autoencoder, "ROWS", 80)
    for module in (model.encoder, model.decoder):
        module.register_forward_pre_hook(scarce)
    torch.testing.assert_close(model.reconstruct(poses), wanted)


CODE = """
import resource, torch
from posectl.core.memory import keep_freed
keep_freed()
def step():
    layers = [torch.ones(1 << 22) for _ in range(8)]
    while layers:
        layers.pop()
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library frees as it likes")
def test_what_a_step_frees_is_there_for_the_next() -> None:
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    # Twenty steps of 128 MiB: handed back to the system each time they are 655,360 new pages.
    assert int(found.stdout) < 10_000
