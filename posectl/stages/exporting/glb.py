"""glTF 2.0, binary: a skeleton in motion with a body to look at, as Blender, browsers and engines read it."""

from __future__ import annotations

from posectl.data.mocap.kinematics import Recording
from posectl.data.motion.glb import glb_of
from posectl.stages.exporting import target
from posectl.stages.exporting.skeletons import SkeletonTarget


@target("glb")
class Glb(SkeletonTarget):
    """The target of a GLB file."""

    suffixes = (".glb",)

    def content(self, recording: Recording, name: str) -> bytes:
        """Return the bytes."""
        return glb_of(recording, name)
