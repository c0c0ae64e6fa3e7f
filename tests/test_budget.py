"""The memory that a file from elsewhere may take."""

from __future__ import annotations

import doctest
import os
from pathlib import Path

import numpy as np
import pytest

from posectl import budget
from posectl.errors import InvalidInputError, UsageError
from posectl.store import Store


def test_examples() -> None:
    assert doctest.testmod(budget, optionflags=doctest.ELLIPSIS).failed == 0


def test_the_default_is_half_the_machine_and_four_gigabytes_at_most() -> None:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert budget.budget() == min(memory // 2, 4 * 1024**3)


@pytest.mark.parametrize(("text", "expected"), [("1000", 1000), ("2k", 2048), ("3 MiB", 3 << 20), ("1TB", 1 << 40)])
def test_sizes_are_read_as_people_write_them(text: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(budget.VARIABLE, text)
    assert budget.budget() == expected


@pytest.mark.parametrize("text", ["much", "-1", "1.5G", "9" * 30])
def test_what_is_no_size_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(budget.VARIABLE, text)
    with pytest.raises(UsageError, match="POSECTL_MAX_MEMORY"):
        budget.budget()


def test_an_array_that_grows_beyond_it_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store")
    with store.draft("dataset", "zeros") as draft:
        draft.put("x", np.zeros((1 << 20, 3), np.float32))
        made = draft.publish()
    assert made.size < 100_000
    monkeypatch.setenv(budget.VARIABLE, "4M")
    with pytest.raises(InvalidInputError, match=r"would take 12.0 MiB of memory, 4.0 MiB beyond") as caught:
        made.read("x")
    assert "POSECTL_MAX_MEMORY=1G" in caught.value.hint
    assert len(made.read("x", slice(0, 1000))) == 1000
    monkeypatch.setenv(budget.VARIABLE, "13M")
    assert made.read("x").shape == (1 << 20, 3)
