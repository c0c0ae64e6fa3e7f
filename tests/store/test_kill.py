from __future__ import annotations

from pathlib import Path

import pytest
import soak


@pytest.mark.parametrize("stage", soak.STAGES)
def test_a_kill_at_any_moment_harms_nothing(stage: str, tmp_path: Path) -> None:
    soak.kill_loop(stage, 4, tmp_path, seed=1)
