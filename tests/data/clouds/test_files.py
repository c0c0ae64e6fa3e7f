"""Files of clouds and meshes: every format gives the points that its text says, and what is broken is named."""

import numpy as np
import pytest

from posectl.data.clouds.files import read_shapes
from posectl.errors import InvalidInputError

# A square of side 1 in z = 0 as one polygon, and a triangle of legs 3 and 4 in x = 0 that shares a corner with it.
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 3, 0], [0, 0, 4]], float)
POLYGONS = [[0, 1, 2, 3], [0, 4, 5]]
TRIANGLES = [[0, 1, 2], [0, 2, 3], [0, 4, 5]]


def rows(table):
    return "\n".join(" ".join(f"{value:g}" for value in row) for row in table)


def ply(order, polygons=POLYGONS, corners=CORNERS, extra=""):
    head = f"ply\nformat {order} 1.0\ncomment made by hand\nelement vertex {len(corners)}\n"
    head += "property float x\nproperty uchar red\nproperty float y\nproperty double z\n"
    head += f"element face {len(polygons)}\nproperty list uchar int vertex_indices\n{extra}end_header\n"
    if order == "ascii":
        body = "\n".join(f"{x:g} 7 {y:g} {z:g}" for x, y, z in corners) + "\n"
        return (head + body + "\n".join(" ".join(map(str, [len(p), *p])) for p in polygons) + "\n").encode()
    sign = "<" if "little" in order else ">"
    data = b"".join(
        np.array(x, f"{sign}f4").tobytes()
        + b"\7"
        + np.array(y, f"{sign}f4").tobytes()
        + np.array(z, f"{sign}f8").tobytes()
        for x, y, z in corners
    )
    faces = b"".join(bytes([len(p)]) + np.array(p, f"{sign}i4").tobytes() for p in polygons)
    return head.encode() + data + faces


OFF = f"OFF\n# by hand\n6 2 0\n{rows(CORNERS)}\n4 0 1 2 3 255 0 0\n3 0 4 5\n".encode()
OBJ = (
    "mtllib a.mtl\n" + "".join(f"v {x:g} {y:g} {z:g}\n" for x, y, z in CORNERS[:4]) + "vt 0 0\nf 1/1/1 2/1/1 \\\n"
    + " 3//2 -1\n" + "".join(f"v {x:g} {y:g} {z:g} 1 0 0\n" for x, y, z in CORNERS[4:]) + "f 1 -2 -1\n"
).encode()  # fmt: skip
MESHES = {
    "a.ply": ply("ascii"),
    "little.ply": ply("binary_little_endian"),
    "big.ply": ply("binary_big_endian"),
    "a.off": OFF,
    "glued.off": OFF.replace(b"OFF\n# by hand\n", b"OFF"),
    "windows.off": OFF.replace(b"\n", b"\r\n"),
    "renamed.dat": OFF,
    "a.obj": OBJ,
}


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_is_read_as_its_text_says(tmp_path, name):
    (tmp_path / name).write_bytes(MESHES[name])
    (shape,) = read_shapes(tmp_path / name)
    np.testing.assert_array_equal(shape.points, CORNERS)
    assert shape.faces.tolist() == TRIANGLES


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_triangles_alone_are_read_at_once_to_the_same(tmp_path, order):
    (tmp_path / "a.ply").write_bytes(ply(order, TRIANGLES))
    (shape,) = read_shapes(tmp_path / "a.ply")
    assert shape.faces.tolist() == TRIANGLES


def test_corners_are_those_of_the_list_that_is_called_so(tmp_path):
    data = ply("ascii", TRIANGLES).replace(
        b"property list uchar int vertex_indices",
        b"property list uchar float texcoord\nproperty list uchar float vertex_index",
    )
    head, _, body = data.partition(b"end_header\n")
    lines = body.splitlines()
    lines[6:] = [b"2 0.5 0.5 " + line for line in lines[6:]]
    (tmp_path / "a.ply").write_bytes(head + b"end_header\n" + b"\n".join(lines))
    (shape,) = read_shapes(tmp_path / "a.ply")
    assert shape.faces.tolist() == TRIANGLES


def test_points_are_drawn_by_area(tmp_path):
    (tmp_path / "a.off").write_bytes(OFF)
    (shape,) = read_shapes(tmp_path / "a.off")
    points = shape.draw(700, np.random.default_rng(0))
    assert abs((points[:, 0] == 0).sum() - 600) <= 1  # areas of 1/2, 1/2 and 6


def test_a_shape_is_put_into_the_ball_by_what_its_faces_use(tmp_path):
    corners = np.concatenate([CORNERS, [[100, 100, 100]]])  # no face has it
    (tmp_path / "a.ply").write_bytes(ply("ascii", corners=corners))
    placed = read_shapes(tmp_path / "a.ply")[0].in_ball().points[:6]
    np.testing.assert_allclose((placed.max(0) + placed.min(0)) / 2, 0, atol=1e-15)
    assert np.linalg.norm(placed, axis=1).max() == pytest.approx(0.5)
    assert np.ptp(placed, axis=0) == pytest.approx(np.array([1, 3, 4]) / np.sqrt(26))


CLOUD = np.random.default_rng(0).normal(size=(80, 3)).round(3)
CLOUDS = {
    "a.xyz": rows(CLOUD).encode(),
    "normals.xyz": rows(np.concatenate([CLOUD, CLOUD], axis=1)).encode(),
    "commas.pts": rows(CLOUD).replace(" ", ",").encode(),
    "counted.pts": f"80\n{rows(CLOUD)}\n".encode(),
    "a.ply": ply("ascii", [], CLOUD),
    "little.ply": ply("binary_little_endian", [], CLOUD),
}


@pytest.mark.parametrize("name", CLOUDS)
def test_a_cloud_is_read_as_its_text_says(tmp_path, name):
    (tmp_path / name).write_bytes(CLOUDS[name])
    (shape,) = read_shapes(tmp_path / name)
    assert shape.faces is None
    np.testing.assert_allclose(shape.points, CLOUD, rtol=1e-6)
    drawn = shape.draw(64, np.random.default_rng(0))
    assert len(np.unique(drawn, axis=0)) == 64


def test_an_array_holds_one_cloud_or_several(tmp_path):
    np.save(tmp_path / "one.npy", CLOUD)
    np.save(tmp_path / "two.npy", np.stack([CLOUD, 2 * CLOUD]).astype(np.float32))
    assert [len(read_shapes(tmp_path / name)) for name in ("one.npy", "two.npy")] == [1, 2]


def nan_ply():
    corners = CLOUD.copy()
    corners[3, 1] = np.nan
    return ply("binary_little_endian", [], corners)


BROKEN = {
    "no faces": ("a.off", b"OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n", "no faces"),
    "no faces in an obj": ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "no faces"),
    "lines as faces": ("a.obj", b"v 0 0 0\nv 1 0 0\nf 1 2\n", "no faces"),
    "no corners": ("a.obj", b"# nothing\n", "no line of a corner"),
    "empty": ("a.ply", b"", "empty|no whole PLY"),
    "empty text": ("a.xyz", b" \n", "empty"),
    "cut ascii": ("a.ply", ply("ascii")[:-12], "no whole PLY"),
    "cut binary": ("a.ply", ply("binary_big_endian")[:-3], "not all there"),
    "cut off": ("a.off", OFF[:-30], "cut short|row|face"),
    "a corner that is not there": ("a.off", OFF.replace(b"3 0 4 5", b"3 0 4 6"), "corner 6, and 6 corners"),
    "a corner before the first": ("a.obj", OBJ.replace(b"-2 -1", b"-9 -1"), "corner -3"),
    "NaN in binary": ("a.ply", nan_ply(), "NaN or infinite"),
    "NaN in text": ("a.xyz", rows(CLOUD).replace("\n", "\nnan nan nan\n", 1).encode(), "no finite number"),
    "a corner of no number": ("a.ply", ply("ascii", [[0, 10**40, 2]]), "a row of face is not what its header says"),
    "no area": ("a.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n", "no area"),
    "few points": ("a.xyz", rows(CLOUD[:17]).encode(), "17 points"),
    "one place": ("a.xyz", rows(np.ones((70, 3))).encode(), "all one"),
    "no z": ("a.ply", ply("ascii").replace(b"double z", b"double w"), "x, y and z"),
    "counts beyond all bytes": (
        "a.ply", ply("binary_little_endian").replace(b"face 2", b"face 99999999999"), "not all there",
    ),
    "a list longer than the file": ("a.ply", ply("binary_little_endian")[:-17] + b"\xff" * 17, "not all there"),
    "a picture": ("a.obj", b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG picture"),
    "a page": ("a.off", b"<!doctype html><html></html>", "an HTML page"),
    "poses": ("a.npy", None, "no cloud"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_shape_is_refused_by_name(tmp_path, name):
    file, content, said = BROKEN[name]
    if content is None:
        np.save(tmp_path / file, np.zeros((5, 17, 2, 3)))
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(InvalidInputError, match=said) as refused:
        read_shapes(tmp_path / file)
    assert file in refused.value.message
    assert refused.value.hint
