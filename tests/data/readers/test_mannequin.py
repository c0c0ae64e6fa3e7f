"""The mannequin: its bones, joints, feet and gait against figures of the literature."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.checks import check
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.mannequin.body import body_of, random_body
from posectl.data.mannequin.limits import LIMITS, clip_to_limits
from posectl.data.mannequin.motions import MOTIONS
from posectl.data.mannequin.performance import Performance, Style, random_style, rolled, unwrapped_phase
from posectl.data.mannequin.rig import LEFT, RIGHT, joints
from posectl.data.readers.mannequin import read
from posectl.data.skeleton import H36M17
from posectl.errors import UsageError

JOINT = {name: joint for joint, name in enumerate(H36M17.joints)}
ANKLE = {RIGHT: JOINT["RFoot"], LEFT: JOINT["LFoot"]}
ARMS = (("LShoulder", "LElbow", "LWrist"), ("RShoulder", "RElbow", "RWrist"))
LEGS = (("LHip", "LKnee", "LFoot"), ("RHip", "RKnee", "RFoot"))
PLAIN = Style(1, 1, 2, 3, 0, 6, 15, 7, 1, 1, 1, 0.02, False)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return read([])


def world(dataset: Dataset) -> np.ndarray:
    """(C, T, 17, 3) positions in the world, one row a clip, float64."""
    positions = dataset.samples.astype(np.float64) + dataset.per_sample["root"][:, None]
    return positions.reshape(len(dataset.per_clip["name"]), -1, 17, 3)


def of(dataset: Dataset, action: str) -> np.ndarray:
    return world(dataset)[dataset.per_clip["action"] == action]


def perform(motion: str, seed: int = 0, style: Style | None = None, fps: int = 120) -> tuple[Performance, np.ndarray]:
    """One even cycle, straight ahead along +y where the style is given; (performance, positions (T, 17, 3))."""
    rng = np.random.default_rng(seed)
    body = body_of(1.75) if style else random_body(rng)
    period = MOTIONS[motion].period
    time = np.arange(round(period * fps)) / fps
    performance = Performance(body, style or random_style(rng), rng, time, time / period)
    return performance, joints(body, clip_to_limits(MOTIONS[motion].track(performance)))


def bend(positions: np.ndarray, a: str, b: str, c: str) -> np.ndarray:
    """The angle in degrees by which the chain a, b, c departs from straight."""
    first, second = (positions[..., JOINT[y], :] - positions[..., JOINT[x], :] for x, y in ((a, b), (b, c)))
    cosine = (first * second).sum(-1) / np.linalg.norm(first, axis=-1) / np.linalg.norm(second, axis=-1)
    return np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))


def test_the_default_is_a_dozen_people_and_two_of_them_for_test(dataset: Dataset) -> None:
    assert dataset.samples.shape == (12 * 13 * 120, 17, 3)
    assert dataset.samples.dtype == np.float32
    subject = dataset.per_clip["subject"][dataset.per_sample["clip"]]
    assert set(subject[dataset.split == TEST]) == {"m11", "m12"}
    assert set(subject[dataset.split == TRAIN]) == {f"m{i:02d}" for i in range(1, 11)}
    for part in (TRAIN, TEST):
        actions = dataset.per_clip["action"][dataset.per_sample["clip"][dataset.split == part]]
        assert set(actions) == set(MOTIONS)
    assert dataset.about["factors"] == ["phase"]
    np.testing.assert_array_equal(dataset.samples[:, 0], 0)
    starts = np.cumsum(dataset.per_clip["length"]) - dataset.per_clip["length"]
    np.testing.assert_array_equal(dataset.per_clip["start"], starts)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    one, two, other = (read([], subjects=2, seconds=1, seed=seed) for seed in (3, 3, 4))
    assert one.samples.tobytes() == two.samples.tobytes()
    assert one.per_sample["root"].tobytes() == two.per_sample["root"].tobytes()
    assert np.abs(one.samples - other.samples).max() > 0.1


def test_more_subjects_leave_the_first_ones_as_they_are() -> None:
    few, many = read([], subjects=2, seconds=1), read([], subjects=4, seconds=1)
    np.testing.assert_array_equal(many.samples[: len(few.samples)], few.samples)


def test_the_frame_rate_changes_when_people_are_seen_and_not_what_they_do() -> None:
    slow, fast = read([], subjects=2, seconds=2, fps=15), read([], subjects=2, seconds=2, fps=60)
    np.testing.assert_allclose(fast.samples[::4], slow.samples, atol=1e-6)


def test_bones_have_the_lengths_of_the_anthropometric_table() -> None:
    # Drillis and Contini (1966) in Winter's Fig. 4.1, shares of a stature of 1.8 m.
    stature = 1.8
    performance, positions = perform("bow", style=PLAIN)
    body = body_of(stature)
    scale = stature / 1.75
    lengths = dict(zip((H36M17.joints[c] for _, c in H36M17.bones), H36M17.bone_lengths(positions[0]), strict=True))
    table = {"Knee": 0.245, "Foot": 0.246, "Elbow": 0.186, "Wrist": 0.146}
    for joint, share in table.items():
        for side in "LR":
            assert lengths[side + joint] * scale == pytest.approx(share * stature, abs=1e-9)
    assert (lengths["Spine"] + lengths["Thorax"]) * scale == pytest.approx((0.818 - 0.530) * stature, abs=1e-9)
    assert body.hip_height == pytest.approx(0.530 * stature)
    assert body.hip_height + body.lumbar + body.thoracic + body.nose_up + body.head_up == pytest.approx(stature)
    assert performance.body.ankle == pytest.approx(0.039 * 1.75)


def test_bones_never_change_and_left_is_as_long_as_right(dataset: Dataset) -> None:
    lengths = H36M17.bone_lengths(world(dataset)).reshape(12, -1, 16)
    assert np.ptp(lengths, axis=1).max() < 2e-6  # float32 of positions metres from the origin
    by_end = {H36M17.joints[child]: lengths[..., bone] for bone, (_, child) in enumerate(H36M17.bones)}
    for name in by_end:
        if name.startswith("L"):
            np.testing.assert_allclose(by_end[name], by_end["R" + name[1:]], atol=2e-6)
    statures = lengths.mean(axis=1)[:, 1] / 0.245
    assert np.ptp(statures) > 0.1


def test_joints_keep_within_their_limits() -> None:
    for motion in MOTIONS:
        for seed in range(12):
            rng = np.random.default_rng(seed)
            body, style, time = random_body(rng), random_style(rng), np.arange(0, 6, 1 / 30)
            track = MOTIONS[motion].track(Performance(body, style, rng, time, unwrapped_phase(rng, time, 2.0, 1.0)))
            for name in LIMITS:
                np.testing.assert_array_equal(
                    getattr(clip_to_limits(track), name), getattr(track, name), err_msg=motion
                )
            positions = joints(body, track)
            for chain in LEGS:
                assert bend(positions, *chain).min() > 2
                assert bend(positions, *chain).max() < 135
            for chain in ARMS:
                assert bend(positions, *chain).max() < 150


def test_knees_and_elbows_bend_the_right_way(dataset: Dataset) -> None:
    positions = world(dataset)
    for side in "LR":
        hip, knee, foot = (positions[..., JOINT[side + j], :] for j in ("Hip", "Knee", "Foot"))
        to_left = positions[..., JOINT["LHip"], :] - positions[..., JOINT["RHip"], :]
        assert ((np.cross(knee - hip, foot - knee) * to_left).sum(-1) > 0).all()
    assert check(dataset, "frames").warnings == []


@pytest.mark.parametrize("motion", ["wave", "squat", "sit", "bow", "look"])
def test_feet_that_stand_do_not_move(dataset: Dataset, motion: str) -> None:
    ankles = of(dataset, motion)[:, :, list(ANKLE.values())]
    assert np.ptp(ankles, axis=1).max() < 2e-6


@pytest.mark.parametrize("motion", list(MOTIONS))
def test_feet_are_where_the_motion_wants_them(motion: str) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        body, style, time = random_body(rng), random_style(rng), np.arange(0, 3, 1 / 60)
        track = MOTIONS[motion].track(
            Performance(body, style, rng, time, unwrapped_phase(rng, time, MOTIONS[motion].period, 1.0))
        )
        positions = joints(body, track)
        for side, joint in ANKLE.items():
            down = track.free[:, side] == 0
            np.testing.assert_allclose(positions[down, joint], track.ankle[down, side], atol=1e-9)
            assert track.ankle[:, side, 2].min() > body.ankle - 1e-9


@pytest.mark.parametrize(("motion", "flat"), [("walk", (0.13, 0.40)), ("run", (0.13, 0.23)), ("climb", (0.01, 0.42))])
def test_a_foot_in_gait_stays_while_it_is_flat(motion: str, flat: tuple[float, float]) -> None:
    performance, positions = perform(motion)
    still = (performance.phase > flat[0]) & (performance.phase < flat[1])
    assert np.ptp(positions[still, ANKLE[RIGHT]], axis=0).max() < 1e-9
    if motion != "climb":
        assert positions[still, ANKLE[RIGHT], 2].max() == pytest.approx(performance.body.ankle)


def test_a_rolling_foot_turns_about_its_ball_and_its_heel() -> None:
    body = body_of(1.75)
    pitch = np.linspace(-30, 70, 201)
    ahead, up = rolled(body, pitch)
    contact = np.where(pitch > 0, body.ball, -body.heel)
    distance = np.hypot(ahead - contact, body.ankle + up)
    np.testing.assert_allclose(distance, np.hypot(contact, body.ankle), atol=1e-12)


def test_the_walk_has_the_knees_and_hips_of_winter() -> None:
    """Sagittal angles at natural cadence, D. A. Winter (1987): here within 10 degrees on average."""
    performance, positions = perform("walk", style=PLAIN)
    shares = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    knee = np.interp(shares, performance.phase, bend(positions, "RHip", "RKnee", "RFoot"))
    thigh = positions[:, JOINT["RKnee"]] - positions[:, JOINT["RHip"]]
    forward = np.interp(shares, performance.phase, np.rad2deg(np.arctan2(thigh[:, 1], -thigh[:, 2])))
    assert np.sqrt(np.mean((knee - [4, 17, 18, 11, 6, 11, 36, 62, 58, 26]) ** 2)) < 10
    assert np.sqrt(np.mean((forward - [22, 20, 12, 3, -6, -13, -10, 5, 21, 25]) ** 2)) < 10
    dense = bend(positions, "RHip", "RKnee", "RFoot")
    assert 55 < dense.max() < 70
    assert 0.68 < performance.phase[dense.argmax()] < 0.8


def test_arms_swing_against_the_legs() -> None:
    for motion in ("walk", "run", "climb"):
        for seed in range(4):
            _, positions = perform(motion, seed)
            ahead = positions[..., 1] - positions[:, :1, 1]
            for wrist, foot, sign in (("RWrist", "RFoot", -1), ("RWrist", "LFoot", 1), ("LWrist", "RFoot", 1)):
                assert sign * np.corrcoef(ahead[:, JOINT[wrist]], ahead[:, JOINT[foot]])[0, 1] > 0.4


def test_phase_is_a_cycle_that_starts_when_the_right_foot_comes_down(dataset: Dataset) -> None:
    phase = dataset.per_sample["phase"].reshape(len(dataset.per_clip["name"]), -1)
    assert phase.min() >= 0
    assert phase.max() < 1
    step = np.diff(phase, axis=1) % 1.0
    assert step.min() > 0
    assert step.max() < 0.1
    _, positions = perform("walk")
    ahead = positions[..., 1] - positions[:, :1, 1]
    assert ahead[0, ANKLE[RIGHT]] > 0.2 > -0.2 > ahead[0, ANKLE[LEFT]]
    half = len(ahead) // 2
    assert ahead[half, ANKLE[LEFT]] > 0.2 > -0.2 > ahead[half, ANKLE[RIGHT]]


def test_people_move_as_fast_as_people(dataset: Dataset) -> None:
    def speed(positions: np.ndarray) -> np.ndarray:
        return np.linalg.norm(np.diff(positions, axis=1), axis=-1) * 30

    assert 0.9 < speed(of(dataset, "walk")[:, :, :1]).mean() < 1.6
    assert 2.0 < speed(of(dataset, "run")[:, :, :1]).mean() < 3.5
    assert speed(world(dataset)).max() < 10
    acceleration = np.linalg.norm(np.diff(world(dataset), 2, axis=1), axis=-1) * 900
    assert np.quantile(acceleration, 0.99) < 60
    assert acceleration.max() < 150


def test_subjects_differ_and_headings_are_all_about(dataset: Dataset) -> None:
    squat = of(dataset, "squat")
    assert np.ptp(squat[:, :, 0, 2].min(axis=1)) > 0.05
    hips = (world(dataset)[:, 0, JOINT["RHip"]] - world(dataset)[:, 0, JOINT["LHip"]])[:, :2]
    heading = hips / np.linalg.norm(hips, axis=1, keepdims=True)
    assert np.linalg.norm(heading.mean(axis=0)) < 0.3


def test_left_handers_wave_with_the_left(dataset: Dataset) -> None:
    wrists = of(dataset, "wave")[:, :, [JOINT["RWrist"], JOINT["LWrist"]], 2].max(axis=1)
    assert set(wrists.argmax(axis=1)) == {0, 1}
    assert (np.abs(np.diff(wrists)) > 0.3).all()


@pytest.mark.parametrize(
    "options", [{"subjects": 1}, {"seconds": 0.0}, {"seconds": float("nan")}, {"fps": -30.0}, {"seed": -1}]
)
def test_odd_options_are_usage_errors(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        read([], **options)  # type: ignore[arg-type]


def test_it_reads_no_files() -> None:
    with pytest.raises(UsageError, match="no files"):
        read(["a.npy"])
