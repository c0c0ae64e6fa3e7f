from __future__ import annotations

from pathlib import Path

import killing
import pytest


@pytest.mark.parametrize("stage", killing.STAGES)
def test_a_kill_at_any_moment_harms_nothing(stage: str, tmp_path: Path) -> None:
    killing.kill_loop(stage, 4, tmp_path, seed=1)
