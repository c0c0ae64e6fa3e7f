"""One moving body under the node names of each naming convention, as BVH text, and where its joints are.

The places come from forward kinematics in SciPy, apart from posectl's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from posectl.data.skeleton import H36M17

SIDES = {"L": ("Left", "L", "l"), "R": ("Right", "R", "r")}


@dataclass(frozen=True)
class Rig:
    """The names of a convention; `{side}`, `{S}` and `{s}` in those of limbs are Left, L and l.

    leg: thigh, shin, foot, toe. arm: collar, upper arm, forearm, hand. Empty names are nodes that it has not.
    spine_at: how far up from the hips to the neck the nodes of the spine are; evenly, where it is empty.
    """

    spine: str
    leg: str
    arm: str
    hip: str = "Hips"
    neck: str = "Neck"
    head: str = "Head"
    top: str = ""
    root: str = ""
    spine_at: tuple[float, ...] = ()


# As each writes them; of the nodes of a hand or a face none is needed.
RIGS = {
    "mixamo": Rig(
        "mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2",
        "mixamorig:{side}UpLeg mixamorig:{side}Leg mixamorig:{side}Foot mixamorig:{side}ToeBase",
        "mixamorig:{side}Shoulder mixamorig:{side}Arm mixamorig:{side}ForeArm mixamorig:{side}Hand",
        "mixamorig:Hips", "mixamorig:Neck", "mixamorig:Head", "mixamorig:HeadTop_End",
    ),
    "lafan1": Rig(
        "Spine Spine1 Spine2", "{side}UpLeg {side}Leg {side}Foot {side}Toe",
        "{side}Shoulder {side}Arm {side}ForeArm {side}Hand",
    ),
    "optitrack-fbx": Rig(
        "Spine Spine1", "{side}UpLeg {side}Leg {side}Foot {side}ToeBase",
        "{side}Shoulder {side}Arm {side}ForeArm {side}Hand", root="Reference",
    ),
    "perception-neuron": Rig(
        "Spine Spine1 Spine2 Spine3", "{side}UpLeg {side}Leg {side}Foot",
        "{side}Shoulder {side}Arm {side}ForeArm {side}Hand",
    ),
    "rokoko": Rig(
        "Spine1 Spine2 Spine3 Spine4", "{side}Thigh {side}Shin {side}Foot {side}Toe",
        "{side}Shoulder {side}Arm {side}ForeArm {side}Hand", root="root",
    ),
    "soma": Rig(
        "Spine1 Spine2 Chest", "{side}Leg {side}Shin {side}Foot {side}ToeBase",
        "{side}Shoulder {side}Arm {side}ForeArm {side}Hand", neck="Neck1", root="Root",
    ),
    "100style": Rig(
        "Chest Chest2 Chest3 Chest4", "{side}Hip {side}Knee {side}Ankle {side}Toe",
        "{side}Collar {side}Shoulder {side}Elbow {side}Wrist",
    ),
    "biovision": Rig(
        "Chest", "{side}Hip {side}Knee {side}Ankle", "{side}Collar {side}Shoulder {side}Elbow {side}Wrist",
        spine_at=(0.22,),
    ),
    "biovision-example": Rig(
        "Chest", "{side}UpLeg {side}LowLeg {side}Foot", "{side}Collar {side}UpArm {side}LowArm {side}Hand",
        spine_at=(0.22,),
    ),
    "xsens": Rig(
        "L5 L3 T12 T8", "{side}UpperLeg {side}LowerLeg {side}Foot {side}Toe",
        "{side}Shoulder {side}UpperArm {side}ForeArm {side}Hand", "Pelvis",
    ),
    "unity": Rig(
        "Spine Chest UpperChest", "{side}UpperLeg {side}LowerLeg {side}Foot {side}Toes",
        "{side}Shoulder {side}UpperArm {side}LowerArm {side}Hand",
    ),
    "vrm": Rig(
        "spine chest", "{low}UpperLeg {low}LowerLeg {low}Foot",
        "{low}Shoulder {low}UpperArm {low}LowerArm {low}Hand", "hips", "neck", "head",
    ),
    "vroid": Rig(
        "J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest", "J_Bip_{S}_UpperLeg J_Bip_{S}_LowerLeg J_Bip_{S}_Foot",
        "J_Bip_{S}_Shoulder J_Bip_{S}_UpperArm J_Bip_{S}_LowerArm J_Bip_{S}_Hand",
        "J_Bip_C_Hips", "J_Bip_C_Neck", "J_Bip_C_Head", root="Armature",
    ),
    "biped": Rig(
        "Bip01 Spine|Bip01 Spine1|Bip01 Spine2",
        "Bip01 {S} Thigh|Bip01 {S} Calf|Bip01 {S} Foot|Bip01 {S} Toe0",
        "Bip01 {S} Clavicle|Bip01 {S} UpperArm|Bip01 {S} Forearm|Bip01 {S} Hand",
        "Bip01 Pelvis", "Bip01 Neck", "Bip01 Head", "Bip01 HeadNub", "Bip01",
    ),
    "biped-root": Rig(
        "Bip001_Spine Bip001_Spine1", "Bip001_{S}_Thigh Bip001_{S}_Calf Bip001_{S}_Foot",
        "Bip001_{S}_Clavicle Bip001_{S}_UpperArm Bip001_{S}_Forearm Bip001_{S}_Hand",
        "Bip001", "Bip001_Neck", "Bip001_Head",
    ),
    "poser": Rig(
        "abdomen chest", "{s}Thigh {s}Shin {s}Foot", "{s}Collar {s}Shldr {s}ForeArm {s}Hand", "hip", "neck", "head"
    ),
    "genesis8": Rig(
        "abdomenLower abdomenUpper chestLower chestUpper", "{s}ThighBend {s}Shin {s}Foot",
        "{s}Collar {s}ShldrBend {s}ForearmBend {s}Hand", "hip", "neckLower", "head",
    ),
    "genesis9": Rig(
        "spine1 spine2 spine3 spine4", "{s}_thigh {s}_shin {s}_foot",
        "{s}_shoulder {s}_upperarm {s}_forearm {s}_hand", "hip", "neck1", "head",
    ),
    "smpl": Rig(
        "Spine1 Spine2 Spine3", "{S}_Hip {S}_Knee {S}_Ankle {S}_Foot", "{S}_Collar {S}_Shoulder {S}_Elbow {S}_Wrist",
        "Pelvis",
    ),
    "smpl-maya": Rig(
        "m_avg_Spine1 m_avg_Spine2 m_avg_Spine3", "m_avg_{S}_Hip m_avg_{S}_Knee m_avg_{S}_Ankle m_avg_{S}_Foot",
        "m_avg_{S}_Collar m_avg_{S}_Shoulder m_avg_{S}_Elbow m_avg_{S}_Wrist", "m_avg_Pelvis", "m_avg_Neck",
        "m_avg_Head", root="m_avg_root",
    ),
    "smplx": Rig(
        "spine1 spine2 spine3", "{low}_hip {low}_knee {low}_ankle {low}_foot",
        "{low}_collar {low}_shoulder {low}_elbow {low}_wrist", "pelvis", "neck", "head",
    ),
    "optitrack": Rig(
        "Skeleton 001_Ab|Skeleton 001_Chest", "Skeleton 001_{S}Thigh|Skeleton 001_{S}Shin|Skeleton 001_{S}Foot",
        "Skeleton 001_{S}Shoulder|Skeleton 001_{S}UArm|Skeleton 001_{S}FArm|Skeleton 001_{S}Hand",
        "Skeleton 001_Hip", "Skeleton 001_Neck", "Skeleton 001_Head",
    ),
    "unreal": Rig(
        "spine_01 spine_02 spine_03", "thigh_{s} calf_{s} foot_{s} ball_{s}",
        "clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s}", "pelvis", "neck_01", "head", root="root",
    ),
}  # fmt: skip

# Of each: the built-in map that reads it, if not the one of its name.
MAPS = {
    "lafan1": "mixamo", "optitrack-fbx": "mixamo", "soma": "rokoko", "100style": "biovision",
    "biovision-example": "biovision", "vrm": "unity", "vroid": "unity", "biped-root": "biped", "genesis8": "poser",
    "genesis9": "poser", "smpl-maya": "smpl", "smplx": "smpl",
}  # fmt: skip


def split(names: str) -> list[str]:
    return names.split("|") if "|" in names else names.split()


def heights(rig: Rig) -> tuple[float, ...]:
    number = len(split(rig.spine))
    return rig.spine_at or tuple((i + 1) / (number + 1) for i in range(number))


def nodes(rig: Rig) -> list[tuple[str, str, tuple[float, float, float]]]:
    """(name, parent, offset in metres, y up, facing z), parents first; `nodes` of every rig are one body's."""
    out = [(rig.hip, rig.root, (0.0, 0.0, 0.0))]
    if rig.root:
        out.insert(0, (rig.root, "", (0.0, 0.0, 0.0)))
    chain = [rig.hip, *split(rig.spine), rig.neck]
    at = 0.5 * np.array([0.0, *heights(rig), 1.0])
    out += [(chain[i], chain[i - 1], (0.0, at[i] - at[i - 1], 0.0)) for i in range(1, len(chain))]
    chest, step = chain[-2], at[-1] - at[-2]
    out.append((rig.head, rig.neck, (0.0, 0.1, 0.02)))
    if rig.top:
        out.append((rig.top, rig.head, (0.0, 0.18, 0.03)))
    for side, (word, letter, small) in SIDES.items():
        sign = 1 if side == "L" else -1
        fill = {"side": word, "S": letter, "s": small, "low": word.lower()}
        leg = [name.format(**fill) for name in split(rig.leg)]
        arm = [name.format(**fill) for name in split(rig.arm)]
        steps = [(0.1 * sign, -0.05, 0.0), (0.0, -0.43, 0.0), (0.0, -0.42, 0.0), (0.0, -0.08, 0.14)]
        out += list(zip(leg, [rig.hip, *leg], steps, strict=False))
        steps = [(0.06 * sign, step - 0.05, 0.0), (0.13 * sign, 0.0, 0.0), (0.28 * sign, 0.0, 0.0), (0.26 * sign, 0, 0)]
        out += list(zip(arm, [chest, *arm], steps, strict=False))
    return out


def motion(rig: Rig, frames: int = 5) -> dict[str, np.ndarray]:
    """Degrees (frames, 3) about z, x and y of each node: moderate, and others for each node and frame."""
    rng = np.random.default_rng(7)
    turns = {name: rng.uniform(-25, 25, (frames, 3)) for name, _, _ in nodes(rig)}
    return {name: np.zeros((frames, 3)) if name == rig.root else turn for name, turn in turns.items()}


def bvh(rig: Rig, scale: float = 100.0) -> str:
    """The rig in motion as BVH text, its hips 0.95 m high."""
    tree, turns = nodes(rig), motion(rig)
    order: list[str] = []
    lines = ["HIERARCHY"]

    def put(name: str, offset: tuple[float, ...], depth: int) -> None:
        order.append(name)
        pad = "\t" * depth
        moves = "6 Xposition Yposition Zposition" if name == rig.hip else "3"
        lines.append(f"{pad}{'JOINT' if depth else 'ROOT'} {name}")
        lines.extend([f"{pad}{{", f"{pad}\tOFFSET {' '.join(f'{scale * x:.6f}' for x in offset)}"])
        lines.append(f"{pad}\tCHANNELS {moves} Zrotation Xrotation Yrotation")
        children = [node for node in tree if node[1] == name]
        for child, _, step in children:
            put(child, step, depth + 1)
        if not children:
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET 0 0 0", f"{pad}\t}}"])
        lines.append(f"{pad}}}")

    put(tree[0][0], tree[0][2], 0)
    frames = len(turns[rig.hip])
    lines += ["MOTION", f"Frames: {frames}", "Frame Time: 0.0333333"]
    for t in range(frames):
        row = []
        for name in order:
            row += [0.0, 0.95 * scale, 0.0] if name == rig.hip else []
            row += list(turns[name][t])
        lines.append(" ".join(f"{x:.8f}" for x in row))
    return "\n".join(lines) + "\n"


def joints(rig: Rig) -> np.ndarray:
    """The H36M-17 joints (frames, 17, 3) in metres about the pelvis, z up; the spine 47 % of the way along its nodes.

    The top of the head is 150 mm above the head, along the neck, where the rig has no node for it.
    """
    turns = motion(rig)
    place: dict[str, np.ndarray] = {}
    frame: dict[str, Rotation] = {}
    for name, parent, offset in nodes(rig):
        turn = Rotation.from_euler("ZXY", turns[name], degrees=True)
        if parent:
            place[name] = place[parent] + frame[parent].apply(offset)
            frame[name] = frame[parent] * turn
        else:
            place[name], frame[name] = np.zeros((len(turns[name]), 3)), turn
    chain, at = [place[name] for name in (rig.hip, *split(rig.spine), rig.neck)], [0.0, *heights(rig), 1.0]
    above = next(i for i, height in enumerate(at) if height > 0.47)
    share = (0.47 - at[above - 1]) / (at[above] - at[above - 1])
    spine = chain[above - 1] + share * (chain[above] - chain[above - 1])
    way = place[rig.head] - place[rig.neck]
    top = place[rig.head] + 0.15 * way / np.linalg.norm(way, axis=-1, keepdims=True)
    found = {"Hip": place[rig.hip], "Spine": spine, "Thorax": place[rig.neck], "Neck/Nose": place[rig.head]}
    found["Head"] = place[rig.top] if rig.top else top
    for side, (word, letter, small) in SIDES.items():
        fill = {"side": word, "S": letter, "s": small, "low": word.lower()}
        for joint, name in zip(("Hip", "Knee", "Foot"), split(rig.leg), strict=False):
            found[side + joint] = place[name.format(**fill)]
        for joint, name in zip(("Shoulder", "Elbow", "Wrist"), split(rig.arm)[1:], strict=True):
            found[side + joint] = place[name.format(**fill)]
    world = np.stack([found[joint] for joint in H36M17.joints], axis=1)
    about_pelvis = world - world[:, :1]
    return about_pelvis[..., [0, 2, 1]] * [1, -1, 1]
