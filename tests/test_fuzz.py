"""A few mutations of every format; `python tests/fuzz.py` goes on to 100,000."""

from __future__ import annotations

import fuzz


def test_mutated_files_give_data_or_one_error_within_memory_time_and_place() -> None:
    done, faults = fuzz.run([], seed=1, count=300, minutes=3, workers=1)
    assert sum(done.values()) >= 300
    assert len(done) >= 20
    assert [(name, what) for name, what, _ in faults] == []
