from __future__ import annotations

from pathlib import Path

import killing
import pytest


@pytest.mark.parametrize("count", [4, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("stage", killing.STAGES)
def test_a_kill_at_any_moment_harms_nothing(stage: str, count: int, tmp_path: Path) -> None:
    killing.kill_loop(stage, count, tmp_path, seed=count)
