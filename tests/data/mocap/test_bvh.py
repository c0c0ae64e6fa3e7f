"""The BVH parser and its kinematics: golden node positions, closed forms, and files that are no BVH."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from data.mocap.person import person_bvh, still
from scipy.spatial.transform import Rotation

from posectl.data.mocap.bvh import MAX_NODES, read_bvh
from posectl.data.mocap.kinematics import forward
from posectl.errors import InvalidInputError, NotFoundError


def positions(path):
    recording = read_bvh(path)
    places, _ = forward(recording, recording.local(np.arange(recording.frames)))
    return dict(zip(recording.names, places.swapaxes(0, 1), strict=True))


def two_nodes(channels: str, row: str, *, root: str = "CHANNELS 1 Xrotation", offset: str = "1 2 3") -> str:
    return (
        f"HIERARCHY\nROOT a\n{{\nOFFSET 0 0 0\n{root}\nJOINT b\n{{\nOFFSET {offset}\nCHANNELS {channels}\n"
        f"End Site\n{{\nOFFSET 1 2 3\n}}\n}}\n}}\nMOTION\nFrames: 1\nFrame Time: 0.1\n{row}\n"
    )


@pytest.mark.parametrize("name", ["cmu|01_01.bvh", "cmu|131_01.bvh", "bandai|dataset-1_bow_normal_001.bvh"])
def test_node_positions_are_the_golden_ones(test_data, name):
    golden = np.load(test_data / "raw/golden_fk.npz")
    recording = read_bvh(test_data / "raw" / name.replace("|", "/"))
    places, _ = forward(recording, recording.local(np.arange(4)))
    assert list(recording.names) == [node.replace("_end", ".end") for node in golden[f"{name}|names"]]
    np.testing.assert_allclose(places, golden[name], atol=1e-9)


@pytest.mark.parametrize("order", ["".join(order) for order in itertools.permutations("XYZ")])
def test_rotations_are_multiplied_in_the_order_of_the_channels(tmp_path, order):
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes(f"3 {' '.join(f'{axis}rotation' for axis in order)}", "0 20 -130 71"))
    expected = np.array([1, 2, 3]) + Rotation.from_euler(order, [20, -130, 71], degrees=True).apply([1, 2, 3])
    np.testing.assert_allclose(positions(path)["b.end"], [expected], atol=1e-12)


def test_position_channels_replace_the_offset_and_only_of_their_axes(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes("2 Zposition Xposition", "0 30 10"))
    np.testing.assert_allclose(positions(path)["b"], [[10, 2, 30]])


def test_rotations_and_positions_may_come_in_any_order(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes("4 Yrotation Xposition Zrotation Yposition", "0 90 5 90 6"))
    # Ry(90) Rz(90) takes x to y, y to z and z to x.
    np.testing.assert_allclose(positions(path)["b.end"], [[5 + 3, 6 + 1, 3 + 2]], atol=1e-12)


def test_children_turn_with_their_parents(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes("1 Zrotation", "90 90"))
    np.testing.assert_allclose(positions(path)["b"], [[1, -3, 2]], atol=1e-12)
    # b turns (1, 2, 3) to (-2, 1, 3), a that to (-2, -3, 1).
    np.testing.assert_allclose(positions(path)["b.end"], [[1 - 2, -3 - 3, 2 + 1]], atol=1e-12)


def test_nodes_without_channels_keep_their_offset(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes("0", "90"))
    np.testing.assert_allclose(positions(path)["b.end"], [[2, -6, 4]], atol=1e-12)


@pytest.mark.parametrize(
    ("written", "fps"),
    [
        (".0083333", 120),
        (".008333", 120),
        ("8.3333e-3", 120),
        ("0.0333333", 30),
        ("0.0333", 30),
        ("0.033367", 1 / 0.033367),
        ("0.01", 100),
        ("0.04", 25),
        ("1", 1),
        ("2.5", 0.4),
    ],
)
def test_the_frame_rate_is_the_whole_number_that_the_digits_round_to(tmp_path, written, fps):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still(), frame_time=written))
    assert read_bvh(path).fps == fps


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\t", "    ").replace("OFFSET ", "OFFSET\t "),
        lambda text: text.replace("\n{", " {").replace("Zposition", "ZPosition"),
        lambda text: text.replace("End Site", "End Site toe"),
        lambda text: text.replace("Frames: ", "Frames:\t").rstrip() + "\n\n\n",
        lambda text: text.rstrip(),
        lambda text: text.replace("End Site", "EndSite"),
        lambda text: text.replace("End Site", "END SITE").replace("OFFSET", "Offset").replace("JOINT", "Joint"),
        lambda text: re.sub(r"\{\s*OFFSET", "{ OFFSET", text),
        lambda text: re.sub(r"(OFFSET [^\n]*)\s*(CHANNELS)", r"\1 \2", text),
        lambda text: text.replace("Frames: ", "Frames ").replace("Frame Time:", "FrameTime :"),
        lambda text: text.replace("MOTION\n", "MOTION\n\n").replace("Frame Time", "\nFrame Time"),
        lambda text: text.replace("0.950000", "9.5e-01").replace("0.100000", "1E-1"),
        lambda text: text.replace("\t", "").replace(" 0 0 0", "   0\t0 0"),
        lambda text: text.replace(".", ","),
    ],
    ids=[
        "crlf", "cr", "bom", "blanks", "braces", "named end", "trailing lines", "no last line end", "EndSite",
        "END SITE", "brace and offset", "offset and channels", "no colon", "blank lines", "exponents", "tabs in rows",
        "decimal commas",
    ],
)  # fmt: skip
def test_ways_of_writing_the_same_file_read_alike(tmp_path, rewrite):
    path, other = tmp_path / "a.bvh", tmp_path / "b.bvh"
    path.write_text(person_bvh(still()))
    other.write_bytes(rewrite(path.read_text()).encode())
    assert (before := positions(path)).keys() == (after := positions(other)).keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("MOTION", "", "has no MOTION section"),
        ("Frames: 4", "", "no 'Frames:' and 'Frame Time:' lines"),
        ("Frames: 4", "Frames: four", "'Frames: four' is no number of frames"),
        ("Frames: 4", "Frames: -4", "is no number of frames"),
        ("Frames: 4", "Frames: 9999999999999999999999999", "but holds 4 lines"),
        ("Frames: 4", "Frames: 5", "says Frames: 5, but holds 4 lines of motion"),
        ("Frame Time: 0.0333333", "Frame Time: 0", "is no length of a frame"),
        ("Frame Time: 0.0333333", "Frame Time: nan", "is no length of a frame"),
        ("0.020000 0.950000", "0.020000 0.950000 0", "line {line}: 67 columns, where 66 are expected"),
        ("0.020000 0.950000", "0.020000", "line {line}: 65 columns, where 66 are expected"),
        ("0.020000 0.950000", "0.020000 nan", "line {line}, column 2: 'nan' is no finite number"),
        ("0.020000 0.950000", "0.020000 1e999", "line {line}, column 2: '1e999' is no finite number"),
        ("0.020000 0.950000", "0.020000 1e300", "line {line}, column 2: '1e300' is no finite number of sensible size"),
        ("0.020000 0.950000", "0.020000 1_0", "line {line}, column 2: '1_0' is no finite number"),
        ("0.020000 0.950000", "0.020000 0.95O000", "line {line}, column 2: '0.95O000' is no finite number"),
        ("OFFSET 0.000000 0.100000", "OFFSET x 0.1", "line 8: OFFSET 'x 0.1 0.000000' is not three numbers"),
        ("OFFSET 0.000000 0.100000", "OFFSET inf 0.1", "is not three numbers"),
        ("OFFSET 0.000000 0.100000 0.000000", "", "the node 'Spine' has no OFFSET"),
        ("CHANNELS 6", "CHANNELS 5", "line 5: CHANNELS '5 Xposition"),
        ("Xposition Yposition", "Xposition Xposition", "is not a count and as many of"),
        ("Zposition", "Wposition", "is not a count and as many of"),
        ("JOINT Spine1", "JOINT Spine", "two nodes are called 'Spine'"),
        ("JOINT Spine1", "JOINT", "a JOINT without a name"),
        ("JOINT Spine1", "JOINT \x1b[31mred", "'\\x1b[31mred' is no name of a node"),
        ("JOINT Spine1", "ROOT Spine1", "a second skeleton, 'Spine1', beside 'Hips'"),
        ("ROOT Hips", "", "line 3: '{' does not belong there"),
        ("ROOT Hips", "ROOT Hips\nJOINT x", "the node 'Hips' has no braces"),
        ("HIERARCHY", "HIERARCHY\nhello", "line 2: 'hello' does not belong there"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path, old, new, said):
    path = tmp_path / "a.bvh"
    text = person_bvh(still())
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidInputError) as error:
        read_bvh(path)
    line = 1 + text[: text.index(old)].count("\n")
    assert said.replace("{line}", str(line)) in error.value.message
    assert str(path) in error.value.message
    assert error.value.hint


def test_utf_16_with_a_byte_order_mark_is_text(tmp_path):
    path, other = tmp_path / "a.bvh", tmp_path / "b.bvh"
    path.write_text(person_bvh(still()))
    other.write_text(person_bvh(still()), encoding="utf-16")
    np.testing.assert_array_equal(positions(path)["Head"], positions(other)["Head"])


def test_decimal_commas_are_said(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()).replace(".", ","))
    assert read_bvh(path).warnings == ("its decimal commas are read as points.",)


@pytest.mark.parametrize("declared", ["3", "0", "0003"])
def test_more_lines_than_are_declared_are_all_read_and_that_is_said(tmp_path, declared):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()).replace("Frames: 4", f"Frames: {declared}"))
    recording = read_bvh(path)
    np.testing.assert_allclose(positions(path)["Hips"][:, 0], [0, 0.01, 0.02, 0.03], atol=1e-9)
    assert recording.warnings == (f"it says Frames: {int(declared)}, and holds 4 lines of motion; all are read.",)


@pytest.mark.parametrize(
    ("written", "fps", "said"),
    [
        ("33.333", 30, "milliseconds, 30 frames a second"),
        ("33.3333", 30, "milliseconds, 30 frames a second"),
        ("16.6667", 60, "milliseconds, 60 frames a second"),
        ("8.33333", 120, "milliseconds, 120 frames a second"),
        ("10", 100, "milliseconds, 100 frames a second"),
        ("41.6667", 24, "milliseconds, 24 frames a second"),
        ("30", 30, "frames a second"),
        ("60.0", 60, "frames a second"),
        ("120", 120, "frames a second"),
        ("29.97", 29.97, "frames a second"),
    ],
)
def test_a_frame_time_that_cannot_be_seconds_is_guessed_and_that_is_said(tmp_path, written, fps, said):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still(), frame_time=written))
    recording = read_bvh(path)
    assert recording.fps == fps
    assert recording.warnings == (f"'Frame Time: {written}' cannot be seconds, and is taken as {said}.",)


def test_position_channels_of_zeros_do_not_fold_a_body_up(tmp_path):
    """They are relative to the offsets there; with other values they replace them."""
    path = tmp_path / "a.bvh"
    path.write_text(two_nodes("6 Xposition Yposition Zposition Zrotation Xrotation Yrotation", "0 0 0 0 0 0 0"))
    np.testing.assert_allclose(positions(path)["b"], [[1, 2, 3]])
    assert read_bvh(path).warnings == ("nodes whose position channels are zero throughout keep their offsets (1).",)
    path.write_text(two_nodes("6 Xposition Yposition Zposition Zrotation Xrotation Yrotation", "0 0 0 4 0 0 0"))
    np.testing.assert_allclose(positions(path)["b"], [[0, 0, 4]])
    assert read_bvh(path).warnings == ()


def test_a_file_cut_anywhere_is_refused(tmp_path):
    """But in its last number, where a shorter one is as good a number."""
    path = tmp_path / "a.bvh"
    text = person_bvh(still())
    for end in range(0, len(text.rstrip()) - 1, 7):
        path.write_text(text[:end])
        with pytest.raises(InvalidInputError):
            read_bvh(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.bvh"
    for data, said in [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"HIERARCHY \xff", "is not UTF-8"),
        (b"\0\0", "binary"),
    ]:
        path.write_bytes(data)
        with pytest.raises(InvalidInputError, match=said):
            read_bvh(path)
    with pytest.raises(NotFoundError):
        read_bvh(tmp_path / "none.bvh")
    with pytest.raises(InvalidInputError, match="is a folder"):
        read_bvh(tmp_path)


def test_depth_and_number_of_nodes_exhaust_nothing(tmp_path):
    path = tmp_path / "a.bvh"
    deep = (
        "".join(f"JOINT n{i} {{ OFFSET 0 0 0 " for i in range(200_000))
        .replace(" OFFSET", "\nOFFSET")
        .replace(" JOINT", "\nJOINT")
    )
    path.write_text(f"HIERARCHY\nROOT a {{\nOFFSET 0 0 0\nCHANNELS 1 Xrotation\n{deep}\nMOTION\n")
    with pytest.raises(InvalidInputError, match=f"more than {MAX_NODES} nodes"):
        read_bvh(path)


def test_a_chain_of_as_many_nodes_as_there_may_be_is_read(tmp_path):
    path = tmp_path / "a.bvh"
    chain = "".join(f"JOINT n{i} {{\nOFFSET 1 0 0\n" for i in range(MAX_NODES - 1))
    path.write_text(
        f"HIERARCHY\nROOT a {{\nOFFSET 0 0 0\nCHANNELS 1 Zrotation\n{chain}{'}' * MAX_NODES}\n"
        "MOTION\nFrames: 1\nFrame Time: 1\n90\n"
    )
    np.testing.assert_allclose(positions(path)[f"n{MAX_NODES - 2}"], [[0, MAX_NODES - 1, 0]], atol=1e-9)
