"""BVH: a skeleton in motion, as Blender and most programs of animation read it; metres, y up."""

from __future__ import annotations

from posectl.data.mocap.kinematics import Recording
from posectl.data.motion.bvh import bvh_of
from posectl.stages.exporting import target
from posectl.stages.exporting.skeletons import SkeletonTarget


@target("bvh")
class Bvh(SkeletonTarget):
    """The target of a BVH file."""

    suffixes = (".bvh",)

    def content(self, recording: Recording, name: str) -> bytes:
        """Return the text, as bytes."""
        return bvh_of(recording).encode()
