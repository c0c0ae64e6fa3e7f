"""Run by Blender: opens a BVH or GLB file, and writes what became of it as JSON.

blender --background --factory-startup --python in_blender.py -- FILE OUT

OUT holds the seconds to look at, and is replaced by where the bones are then.
"""

import builtins
import json
import math
import sys
from pathlib import Path

import bpy
import numpy


def mend():
    """Give Debian's Blender 3.4 what its importers ask for and Python 3.11 and NumPy 1.24 have no more."""
    plain = builtins.open
    builtins.open = lambda path, mode="r", *rest, **more: plain(path, mode.replace("U", ""), *rest, **more)
    numpy.bool = bool


def main(file, out):
    mend()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if file.endswith(".bvh"):
        bpy.ops.import_anim.bvh(filepath=file, update_scene_fps=True)
    else:
        bpy.ops.import_scene.gltf(filepath=file)
    scene, body = bpy.context.scene, next(each for each in bpy.data.objects if each.type == "ARMATURE")
    first, last = body.animation_data.action.frame_range
    rate = scene.render.fps / scene.render.fps_base
    frames = []
    for second in json.loads(Path(out).read_text()):
        frame = first + second * rate
        scene.frame_set(math.floor(frame), subframe=frame - math.floor(frame))
        bones = {bone.name: list(body.matrix_world @ bone.head) for bone in body.pose.bones}
        bones.setdefault("Head_End", list(body.matrix_world @ body.pose.bones["Head"].tail))
        frames.append(bones)
    Path(out).write_text(json.dumps({"seconds": (last - first) / rate, "frames": frames}))


main(*sys.argv[-2:])
