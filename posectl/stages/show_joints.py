"""show_joints: the joints of a motion-capture file as a joint map, to edit and give to `--map`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from posectl.data.readers import mocap


def show_joints(paths: Sequence[Path]) -> str:
    """Return the joints of the first motion file among `paths` as a joint map in YAML."""
    return mocap.show_joints(paths)
