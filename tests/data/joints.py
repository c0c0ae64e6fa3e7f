"""A body whose joints and landmarks are known, by forward kinematics, and the joints of other people's layouts on it.

The skeleton is SMPL's mean one as published in the MuJoCo models made of it (smpl_humanoid.xml: metres, x ahead, y to
the left, z up). The head's landmarks are ANSUR's means (Gordon et al., 1988): ears 131 mm below the top and 145 mm
apart, the nose's tip 114 mm before them.
"""

from __future__ import annotations

import numpy as np

# VideoPose3D, common/h36m_dataset.py: the joints of 32 that are left when those that do not move are removed.
H36M32_TO_17 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)

# name: (parent, offset from it, standard deviation of its rotation in degrees).
_SKELETON = {
    "pelvis": (None, (0, 0, 0), 40),
    "left_hip": ("pelvis", (-0.0068, 0.0695, -0.0914), 25),
    "left_knee": ("left_hip", (-0.0045, 0.0343, -0.3752), 30),
    "left_ankle": ("left_knee", (-0.0437, -0.0136, -0.398), 15),
    "left_foot": ("left_ankle", (0.1193, 0.0264, -0.0558), 0),
    "right_hip": ("pelvis", (-0.0043, -0.0677, -0.0905), 25),
    "right_knee": ("right_hip", (-0.0089, -0.0383, -0.3826), 30),
    "right_ankle": ("right_knee", (-0.0423, 0.0158, -0.3984), 15),
    "right_foot": ("right_ankle", (0.1233, -0.0254, -0.0481), 0),
    "spine1": ("pelvis", (-0.0267, -0.0025, 0.109), 8),
    "spine2": ("spine1", (0.0011, 0.0055, 0.1352), 8),
    "spine3": ("spine2", (0.0254, 0.0015, 0.0529), 8),
    "neck": ("spine3", (-0.0429, -0.0028, 0.2139), 10),
    "head": ("neck", (0.0513, 0.0052, 0.065), 10),
    "left_collar": ("spine3", (-0.0341, 0.0788, 0.1217), 8),
    "left_shoulder": ("left_collar", (-0.0089, 0.091, 0.0305), 40),
    "left_elbow": ("left_shoulder", (-0.0275, 0.2596, -0.0128), 40),
    "left_wrist": ("left_elbow", (-0.0012, 0.2492, 0.009), 20),
    "left_hand": ("left_wrist", (-0.0149, 0.084, -0.0082), 0),
    "right_collar": ("spine3", (-0.0386, -0.0818, 0.1188), 8),
    "right_shoulder": ("right_collar", (-0.0091, -0.096, 0.0326), 40),
    "right_elbow": ("right_shoulder", (-0.0214, -0.2537, -0.0133), 40),
    "right_wrist": ("right_elbow", (-0.0056, -0.2553, 0.0078), 20),
    "right_hand": ("right_wrist", (-0.0103, -0.0846, -0.0061), 0),
    # Landmarks of the head, from its joint; the skull's top is in line with the neck's base, 182 mm above the joint.
    "head_top": ("head", (-0.03, 0, 0.182), 0),
    "left_ear": ("head", (-0.02, 0.0725, 0.051), 0),
    "right_ear": ("head", (-0.02, -0.0725, 0.051), 0),
    "nose": ("head", (0.094, 0, 0.046), 0),
    "left_eye": ("head", (0.065, 0.032, 0.08), 0),
    "right_eye": ("head", (0.065, -0.032, 0.08), 0),
    "middle_of_head": ("head", (-0.02, 0, 0.075), 0),
    # Kinect v1's spine, a hand's breadth above the hip centre, and v2's, between the shoulders.
    "low_spine": ("pelvis", (0, 0, 0.06), 0),
    "between_shoulders": ("spine3", (-0.045, 0, 0.165), 0),
}  # fmt: skip

TRUTH = {
    "Hip": "pelvis", "RHip": "right_hip", "RKnee": "right_knee", "RFoot": "right_ankle", "LHip": "left_hip",
    "LKnee": "left_knee", "LFoot": "left_ankle", "Spine": "spine2", "Thorax": "neck", "Neck/Nose": "nose",
    "Head": "head_top", "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
    "RShoulder": "right_shoulder", "RElbow": "right_elbow", "RWrist": "right_wrist",
}  # fmt: skip

_SMPL = (
    "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 left_foot right_foot "
    "neck left_collar right_collar head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
)
_COCO = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
)
_KINECT_LIMBS = (
    "left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand left_hip "
    "left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot"
)
# The joints of every layout in its makers' order, "-" where a landmark plays no part: see each for its source.
LAYOUTS = {
    # VideoPose3D's h36m_skeleton.
    "h36m17": "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine2 neck nose head_top "
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "h36m32": "pelvis right_hip right_knee right_ankle - - left_hip left_knee left_ankle - - pelvis spine2 neck nose "
    "head_top neck left_shoulder left_elbow left_wrist - - - - neck right_shoulder right_elbow right_wrist - - - -",
    # smplx, joint_names.py.
    "smpl22": _SMPL,
    "smpl24": f"{_SMPL} left_hand right_hand",
    "humanml3d": _SMPL,
    # cocodataset.org, person_keypoints.
    "coco17": _COCO,
    # Fang-Haoshu/Halpe-FullBody, README: 17 head, 18 neck, 19 hip, then the feet.
    "halpe26": f"{_COCO} head_top neck pelvis - - - - - -",
    # MediaPipe, pose landmarks.
    "mediapipe33": "nose - left_eye - - right_eye - left_ear right_ear - - left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist - - - - - - left_hip right_hip left_knee right_knee left_ankle right_ankle "
    "- - - -",
    # MPI-INF-3DHP, mpii_get_joint_set.m; 'relevant' is its [8 6 15 16 17 10 11 12 24 25 26 19 20 21 5 4 7].
    "mpi28": "spine3 - spine1 spine2 pelvis neck head head_top left_collar left_shoulder left_elbow left_wrist "
    "left_hand right_collar right_shoulder right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot "
    "- right_hip right_knee right_ankle right_foot -",
    "mpi17": "head_top neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip "
    "right_knee right_ankle left_hip left_knee left_ankle pelvis spine2 head",
    # Kinect for Windows SDK 2.0, JointType; NTU RGB+D numbers the same from 1.
    "ntu25": f"pelvis spine2 neck middle_of_head {_KINECT_LIMBS} between_shoulders - - - -",
    # Kinect for Windows SDK 1.8, JointType.
    "kinect": f"pelvis low_spine neck middle_of_head {_KINECT_LIMBS}",
}  # fmt: skip


# The markers of Plug-in Gait and CMU on this body: half a knee, an ankle and a radius of a marker outside the joints;
# the pelvis's by Harrington's equations, 240 mm wide and 150 deep.
MARKERS = {
    "LASI": ("pelvis", (0.0391, 0.12, -0.0085)), "RASI": ("pelvis", (0.0391, -0.12, -0.0085)),
    "LPSI": ("pelvis", (-0.1109, 0.05, -0.0085)), "RPSI": ("pelvis", (-0.1109, -0.05, -0.0085)),
    "LKNE": ("left_hip", (-0.0045, 0.0893, -0.3752)), "RKNE": ("right_hip", (-0.0089, -0.0933, -0.3826)),
    "LANK": ("left_knee", (-0.0437, 0.0314, -0.398)), "RANK": ("right_knee", (-0.0423, -0.0292, -0.3984)),
    "C7": ("spine3", (-0.1, 0, 0.215)), "CLAV": ("spine3", (0.06, 0, 0.15)), "STRN": ("spine3", (0.1, 0, -0.02)),
    "T10": ("spine2", (-0.1, 0, 0.05)), "LSHO": ("left_collar", (-0.0089, 0.091, 0.0905)),
    "RSHO": ("right_collar", (-0.0091, -0.096, 0.0926)), "LELB": ("left_shoulder", (-0.0675, 0.2596, -0.0128)),
    "RELB": ("right_shoulder", (-0.0614, -0.2537, -0.0133)), "LWRA": ("left_elbow", (0.0288, 0.2492, 0.009)),
    "LWRB": ("left_elbow", (-0.0312, 0.2492, 0.009)), "RWRA": ("right_elbow", (0.0244, -0.2553, 0.0078)),
    "RWRB": ("right_elbow", (-0.0356, -0.2553, 0.0078)), "LFHD": ("head", (0.07, 0.07, 0.1)),
    "RFHD": ("head", (0.07, -0.07, 0.1)), "LBHD": ("head", (-0.1, 0.06, 0.1)), "RBHD": ("head", (-0.1, -0.06, 0.1)),
}  # fmt: skip


def body(frames: int, seed: int = 0, spread: float = 1) -> dict[str, np.ndarray]:
    """Return the place (frames, 3) of every joint, landmark and marker, in metres, z up, in random postures.

    spread: how far from upright the postures are, in terms of those of the table.
    """
    rng = np.random.default_rng(seed)
    places, turns = {}, {}
    leaves = {name: (parent, offset, 0) for name, (parent, offset) in MARKERS.items()}
    for name, (parent, offset, degrees) in {**_SKELETON, **leaves}.items():
        turn = rotations(np.deg2rad(rng.normal(0, spread * degrees, (frames, 3))))
        if parent is None:
            places[name], turns[name] = rng.normal(0, 1, (frames, 3)), turn
        else:
            places[name] = places[parent] + turns[parent] @ np.array(offset)
            turns[name] = turns[parent] @ turn
    return places


def rotations(vectors: np.ndarray) -> np.ndarray:
    """Return rotation matrices (N, 3, 3) of axes times angles (N, 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=-1)[:, None, None]
    x, y, z = (vectors / np.where(angle[:, :, 0] > 0, angle[:, :, 0], 1)).T
    nothing = np.zeros_like(x)
    cross = np.stack([nothing, -z, y, z, nothing, -x, -y, x, nothing], axis=-1).reshape(-1, 3, 3)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def in_layout(places: dict[str, np.ndarray], layout: str) -> np.ndarray:
    """Return joints (frames, J, 3) in the order of a layout; NaN for the landmarks that play no part."""
    nowhere = np.full_like(places["pelvis"], np.nan)
    return np.stack([places.get(name, nowhere) for name in LAYOUTS[layout].split()], axis=1)


def truth(places: dict[str, np.ndarray]) -> np.ndarray:
    """Return the H36M-17 joints (frames, 17, 3)."""
    return np.stack([places[name] for name in TRUTH.values()], axis=1)
