from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from posectl.errors import IntegrityError, InvalidInputError, NotFoundError, PosectlError, UnavailableError, UsageError
from posectl.store import Artifact, Store

from .conftest import Publish


@pytest.fixture
def family(publish: Publish) -> list[Artifact]:
    poses = publish("poses", 1.0)
    model = publish("acai", 2.0, kind="model", parents=[("dataset", poses)])
    return [poses, model, publish("scores", 3.0, kind="scores", parents=[("model", model), ("against", poses)])]


@pytest.fixture
def exported(store: Store, family: list[Artifact], tmp_path: Path) -> Path:
    store.export("scores", tmp_path / "x.zip", with_parents=True)
    return tmp_path / "x.zip"


def _digests(store: Store) -> dict[str, str]:
    return {artifact.ref: artifact.digest for artifact in store.artifacts()}


def test_what_is_exported_is_imported(store: Store, exported: Path, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    imported = other.import_(exported)
    assert [artifact.ref for artifact in imported] == ["acai:v1", "poses:v1", "scores:v1"]
    assert _digests(other) == _digests(store)
    assert other.get("acai").manifest == store.get("acai").manifest
    assert other.get("acai").read("x")[0, 0] == 2.0
    assert other.verify(level=4) == []
    assert other.gc().removed == []


def test_without_parents_only_the_one_is_exported(store: Store, family: list[Artifact], tmp_path: Path) -> None:
    store.export("acai", tmp_path / "x.zip")
    assert [artifact.ref for artifact in Store(tmp_path / "other").import_(tmp_path / "x.zip")] == ["acai:v1"]


def test_the_same_artifacts_give_the_same_bytes(store: Store, exported: Path, tmp_path: Path) -> None:
    store.export("scores", tmp_path / "again.zip", with_parents=True)
    assert (tmp_path / "again.zip").read_bytes() == exported.read_bytes()
    other = Store(tmp_path / "other")
    other.import_(exported)
    other.export("scores", tmp_path / "third.zip", with_parents=True)
    assert (tmp_path / "third.zip").read_bytes() == exported.read_bytes()


def test_an_archive_is_a_plain_zip_of_stored_files(exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
    assert names == sorted(names)
    assert "acai/v1/manifest.json" in names


def test_what_is_here_already_is_not_doubled(store: Store, exported: Path) -> None:
    before = _digests(store)
    assert [artifact.ref for artifact in store.import_(exported)] == ["acai:v1", "poses:v1", "scores:v1"]
    assert _digests(store) == before


def test_other_artifacts_of_the_same_name_get_the_next_number(exported: Path, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    with other.draft("model", "acai") as draft:
        draft.publish()
    assert [artifact.ref for artifact in other.import_(exported)] == ["acai:v2", "poses:v1", "scores:v1"]
    assert other.verify(level=4) == []


def test_a_damaged_artifact_is_not_exported(store: Store, family: list[Artifact], tmp_path: Path) -> None:
    chunk = family[0].path / "x" / "c.0.0"
    chunk.write_bytes(chunk.read_bytes()[::-1])
    with pytest.raises(IntegrityError):
        store.export("poses", tmp_path / "x.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["artifacts"]


def test_an_export_takes_the_place_of_an_older_file(store: Store, family: list[Artifact], tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("old")
    store.export("poses", tmp_path / "x.zip")
    assert zipfile.is_zipfile(tmp_path / "x.zip")
    with pytest.raises(UsageError, match="is a folder"):
        store.export("poses", tmp_path / "artifacts")
    store.export("poses", tmp_path / "new" / "folder" / "x.zip")
    assert (tmp_path / "new" / "folder" / "x.zip").read_bytes() == (tmp_path / "x.zip").read_bytes()
    with pytest.raises(UnavailableError, match="cannot be written"):
        store.export("poses", tmp_path / "x.zip" / "x.zip")


Entry = tuple[zipfile.ZipInfo, bytes]


def _rewrite(path: Path, change: Callable[[list[Entry]], None], *, compress: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    change(entries)
    with zipfile.ZipFile(path, "w", compress) as archive:
        for info, data in entries:
            archive.writestr(info, data, compress_type=compress)


def _add(name: str, data: bytes = b"x", mode: int = stat.S_IFREG | 0o644) -> Callable[[list[Entry]], None]:
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = name
    info.create_system, info.external_attr = 3, mode << 16
    return lambda entries: entries.append((info, data))


HOSTILE_NAMES = [
    "../escaped",
    "acai/v1/../../../escaped",
    "acai/v1/x/..",
    "/tmp/escaped",
    "C:/escaped",
    "C:\\escaped",
    "acai\\v1\\escaped",
    "acai/v1/..\\escaped",
    "./acai/v1/y",
    "acai//v1/y",
    "acai/v1/",
    "acai/v1/y/",
    "acai/v1/a b",
    "acai/v1/.hidden",
    "acai/v1/\u00e9",
    "acai/v1/" + "n" * 300,
    "acai/x/y",
    "Acai/v1/y",
    "acai/v0/y",
    "top",
    ".staging/v1/y",
    "acai/v1/x",
    "acai/v1/X/c.0.0",
    "acai/v1/Manifest.json",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_unfit_entry_is_refused_by_name_and_nothing_is_written(exported: Path, tmp_path: Path, name: str) -> None:
    _rewrite(exported, _add(name))
    _assert_refused(exported, tmp_path, name)


@pytest.mark.parametrize(("name", "message"), [("x/c.0.0/y", "both a file and a folder"), ("extra", "not published")])
def test_an_entry_that_no_manifest_lists_is_refused(exported: Path, tmp_path: Path, name: str, message: str) -> None:
    _rewrite(exported, _add(f"acai/v1/{name}"))
    _assert_refused(exported, tmp_path, message)


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644]
)
def test_what_is_no_plain_file_is_refused_by_name(exported: Path, tmp_path: Path, mode: int) -> None:
    _rewrite(exported, _add("acai/v1/link", b"/etc/passwd", mode))
    _assert_refused(exported, tmp_path, "acai/v1/link")


def test_an_entry_given_twice_is_refused_by_name(exported: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        _rewrite(exported, lambda entries: entries.append(entries[0]))
    _assert_refused(exported, tmp_path, "acai/v1/label/c.0")


def test_a_bomb_is_refused_by_name(exported: Path, tmp_path: Path) -> None:
    _rewrite(exported, _add("acai/v1/bomb", bytes(50_000_000)), compress=zipfile.ZIP_DEFLATED)
    assert exported.stat().st_size < 200_000
    _assert_refused(exported, tmp_path, "is compressed")


def test_entries_that_share_their_bytes_are_refused(exported: Path, tmp_path: Path) -> None:
    """The quoted-overlap bomb: many entries of the central directory that point at one piece of the file."""
    data = exported.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    length = 46 + sum(struct.unpack("<HHH", data[start + 28 : start + 34]))
    record = bytearray(data[start : start + length])
    records = bytearray()
    for number in range(5000):
        name = f"acai/v1/label/y.{number:04d}".encode()
        records += record[:28] + struct.pack("<H", len(name)) + record[30:46] + name
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 5000, 5000, len(records), start, 0)
    exported.write_bytes(data[:start] + bytes(records) + tail)
    assert end > start
    _assert_refused(exported, tmp_path, "")


def test_a_declared_size_that_is_not_so_is_refused(exported: Path, tmp_path: Path) -> None:
    data = bytearray(exported.read_bytes())
    start = data.index(b"PK\x01\x02")
    struct.pack_into("<II", data, start + 20, 2**31, 2**31)
    exported.write_bytes(data)
    _assert_refused(exported, tmp_path, "")


def test_an_archive_without_a_manifest_is_refused(exported: Path, tmp_path: Path) -> None:
    def drop(entries: list[Entry]) -> None:
        entries[:] = [entry for entry in entries if entry[0].filename != "acai/v1/manifest.json"]

    _rewrite(exported, drop)
    _assert_refused(exported, tmp_path, "acai/v1/manifest.json")


def test_an_artifact_under_another_name_is_refused(exported: Path, tmp_path: Path) -> None:
    def rename(entries: list[Entry]) -> None:
        for info, _ in entries:
            info.filename = info.filename.replace("acai/", "icai/")

    _rewrite(exported, rename)
    _assert_refused(exported, tmp_path, "'acai' under the name 'icai'")


def test_changed_bytes_are_refused_though_the_zip_is_sound(exported: Path, tmp_path: Path) -> None:
    def change(entries: list[Entry]) -> None:
        for index, (info, data) in enumerate(entries):
            if info.filename == "poses/v1/x/c.0.0":
                entries[index] = (info, data[:-1] + bytes([data[-1] ^ 1]))

    _rewrite(exported, change)
    _assert_refused(exported, tmp_path, "damaged poses")


@pytest.mark.parametrize("step", [1009, pytest.param(211, marks=pytest.mark.slow)])
def test_a_cut_or_damaged_archive_is_refused(exported: Path, tmp_path: Path, step: int) -> None:
    whole = exported.read_bytes()
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        exported.write_bytes(whole[:cut])
        _assert_refused(exported, tmp_path, "")
    for offset in range(0, len(whole), step):
        exported.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x10]) + whole[offset + 1 :])
        other = Store(tmp_path / "other")
        try:
            imported = other.import_(exported)
        except PosectlError:
            assert other.names() == []
        else:  # what changed says nothing: a time, a version of the zip's maker
            assert other.verify(level=4) == []
            for artifact in imported:
                other.remove(artifact.ref, force=True)
            other = Store(tmp_path / "other")


@pytest.mark.parametrize(("header", "flags", "name"), [(b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)])
def test_a_name_that_is_not_the_utf8_it_claims_to_be_is_refused(
    exported: Path, tmp_path: Path, header: bytes, flags: int, name: int
) -> None:
    data = bytearray(exported.read_bytes())
    start = data.index(header)
    data[start + flags + 1] |= 0x08
    data[start + name] = 0xB5
    exported.write_bytes(data)
    _assert_refused(exported, tmp_path, "no whole zip file")


def test_too_many_entries_are_refused(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posectl.store.archive.MAX_FILES", 5)
    _assert_refused(exported, tmp_path, "entries, which are too many")


def test_what_is_no_archive_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no zip")
    with pytest.raises(InvalidInputError, match="no whole zip"):
        store.import_(tmp_path / "x.zip")
    with pytest.raises(NotFoundError):
        store.import_(tmp_path / "none.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(InvalidInputError, match="holds no artifact"):
        store.import_(tmp_path / "empty.zip")


def _assert_refused(path: Path, folder: Path, message: str) -> None:
    other = Store(folder / "other")
    with pytest.raises((InvalidInputError, IntegrityError)) as error:
        other.import_(path)
    assert message in error.value.message or repr(message) in error.value.message
    assert other.names() == []
    assert not list((folder / "other" / ".staging").iterdir() if (folder / "other").exists() else [])
    assert not (folder / "escaped").exists()
    assert not (folder.parent / "escaped").exists()
