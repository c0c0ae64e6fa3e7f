"""What holds of stores on object storage alone; what holds of any store is the contract (see conftest)."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import buckets
import numpy as np
import pytest

from posectl.errors import IntegrityError, InvalidInputError, NotFoundError, UnavailableError, UsageError
from posectl.store import Store, bucket, locations, profiles, remote
from posectl.store.bucket import Bucket

SECRET = buckets.ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]


@pytest.fixture
def objects(cloud: str) -> Store:
    return Store(buckets.new_url())


def filled(store: Store, name: str = "poses", value: float = 1.0) -> str:
    with store.draft("dataset", name) as draft:
        draft.put("x", np.full((4, 3), value), dims=("sample", "axis"))
        draft.put("y", np.arange(5), dims=("clip",))
        return draft.publish().ref


def keys(store: Store) -> list[str]:
    return [entry.key for entry in Bucket(store.place).list()]


def elsewhere(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """The same store as a host has it that never saw it."""
    monkeypatch.setenv("POSECTL_CACHE", str(tmp_path / "elsewhere"))
    return Store(store.place)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        (Path("s3://bucket/a"), "s3://bucket/a"),
        ("gs://bucket/", "gs://bucket"),
        ("AZ://box/a", "az://box/a"),
        ("artifacts", None),
        ("C:/artifacts", None),
        ("./s3/x", None),
    ],
)
def test_a_place_is_a_folder_or_a_bucket_and_prefix(place: str | Path, url: str | None) -> None:
    assert locations.url_of(place) == url


@pytest.mark.parametrize("place", ["s3://", "s3://key:hush@bucket/a", "s3://b/../a", "s3://b/a?x=1", "s4://b/a"])
def test_what_is_no_bucket_and_prefix_is_refused_without_repeating_it(place: str) -> None:
    with pytest.raises(UsageError) as error:
        Store(place)
    assert "hush" not in error.value.message + error.value.hint


def test_the_manifest_is_written_last_and_names_the_folder_of_the_files(objects: Store) -> None:
    filled(objects)
    manifest = Bucket(objects.place).get("poses/v1/manifest.json")
    assert manifest is not None
    start = remote.files_of(manifest)
    files = objects.get("poses").files
    assert keys(objects) == sorted([*(start + name for name in files), "poses/v1/manifest.json", "store.json"])


def test_zarr_reads_the_files_where_they_lie(objects: Store) -> None:
    zarr = pytest.importorskip("zarr")
    from obstore.store import from_url
    from zarr.storage import ObjectStore

    filled(objects, value=2.5)
    folder = "/".join(keys(objects)[0].split("/")[:2])
    inside = from_url(f"{objects.place}/{folder}", client_options={"allow_http": True})
    group = zarr.open_group(ObjectStore(inside, read_only=True), mode="r")
    assert group["x"][...].tolist() == [[2.5] * 3] * 4


def test_another_host_reads_array_by_array(objects: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    filled(objects)
    there = elsewhere(objects, monkeypatch, tmp_path).get("poses")
    assert sorted(path.name for path in there.path.iterdir()) == ["manifest.json"]
    assert there.read("y").tolist() == [0, 1, 2, 3, 4]
    assert sorted(path.name for path in there.path.iterdir()) == ["manifest.json", "y"]


def test_each_byte_that_changed_in_the_bucket_is_noticed(
    objects: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    filled(objects)
    inside = Bucket(objects.place)
    (key,) = (key for key in keys(objects) if key.endswith("x/c.0.0"))
    whole = inside.get(key)
    assert whole is not None
    inside.put(key, bytes([whole[0] ^ 1]) + whole[1:])
    assert [problem.message for problem in objects.verify()] == ["x/c.0.0 has changed"]
    with pytest.raises(IntegrityError, match="has changed since it was published"):
        elsewhere(objects, monkeypatch, tmp_path).get("poses").read("x")
    inside.put(key, whole[:-1])
    assert len(objects.verify(level=1)) == 1
    with pytest.raises(IntegrityError, match=r"holds \d+ bytes instead of \d+"):
        Store(objects.place).get("poses")
    inside.delete([key])
    assert [problem.message for problem in objects.verify()] == ["x/c.0.0 is missing"]


def test_what_belongs_to_no_store_is_noticed(objects: Store) -> None:
    filled(objects)
    Bucket(objects.place).put("poses/notes.txt", b"x")
    Bucket(objects.place).put("Notes.txt", b"x")
    assert sorted(problem.path.name for problem in objects.verify()) == ["Notes.txt", "notes.txt"]


def test_a_damaged_local_copy_is_fetched_again(objects: Store) -> None:
    filled(objects, value=3.0)
    artifact = objects.get("poses")
    chunk = artifact.path / "x" / "c.0.0"
    chunk.write_bytes(bytes(len(chunk.read_bytes())))
    assert artifact.read("x").tolist() == [[3.0] * 3] * 4


def test_a_bucket_that_was_emptied_is_not_read_from_the_copy(objects: Store) -> None:
    filled(objects, value=1.0)
    Bucket(objects.place).delete(keys(objects))
    again = Store(objects.place)
    assert again.names() == []
    filled(again, value=2.0)
    assert again.get("poses:v1").read("x")[0, 0] == 2.0


def test_copies_that_were_longest_unread_give_way(objects: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        filled(objects, name)
    monkeypatch.setenv("POSECTL_CACHE_GB", "0.000001")
    objects.get("first").path.joinpath("x/c.0.0").unlink()
    assert objects.get("first").read("x").shape == (4, 3)
    assert not (objects.path / "second" / "v1" / "x").exists()
    assert objects.get("second").read("x").shape == (4, 3)


def test_what_was_sent_and_never_published_goes_after_a_week(objects: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(objects)
    Bucket(objects.place).put(f".files/{'0' * 64}/x/c.0", b"1234")
    (kept,) = objects.gc().kept
    assert (kept.size, kept.what) == (4, "sent and never published")
    monkeypatch.setattr(remote, "ABANDONED", -remote.ABANDONED)
    assert [junk.path for junk in objects.gc(dry_run=True).removed] == [f"{objects.place}/.files/{'0' * 64}"]
    assert objects.gc().freed == 4
    assert not [key for key in keys(objects) if "0" * 64 in key]
    assert objects.verify(level=3) == []


def test_a_taken_number_leads_to_the_next(objects: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(objects, value=1.0)
    monkeypatch.setattr(remote.RemoteLayout, "next_version", lambda self, name: 1)
    assert filled(objects, value=2.0) == "poses:v2"
    assert objects.get("poses:v1").read("x")[0, 0] == 1.0


@pytest.mark.parametrize("written", [True, False])
def test_a_refusal_that_was_ones_own_or_nobodys_write_is_none(
    objects: Store, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """written: the server wrote, and the connection ended before it said so; not: 409, it wrote for nobody."""
    inside, put, calls = Bucket(objects.place), Bucket._put, []

    def failing(self: Bucket, key: str, data: bytes, mode: Any) -> None:
        calls.append(key)
        if written or len(calls) > 1:
            put(self, key, data, mode)
        if len(calls) == 1:
            exceptions = self._obstore.exceptions
            raise exceptions.GenericError("reset") if written else exceptions.AlreadyExistsError("409")

    monkeypatch.setattr(Bucket, "_put", failing)
    monkeypatch.setattr(bucket, "_WAIT", 0.001)
    assert inside.create("x", b"mine")
    assert len(calls) == 2
    assert not inside.create("x", b"other's")


def test_aliases_given_at_once_from_two_hosts_are_both_kept(objects: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(objects)
    objects.alias("poses", "first")
    change, calls = remote.check_table, []

    def meanwhile(table: dict[str, Any], path: str) -> dict[str, Any]:
        calls.append(path)
        if len(calls) == 1:
            Store(objects.place).layout.change("poses", "aliases.json", lambda t: {**t, "theirs": "v1"})
        return change(table, path)

    monkeypatch.setattr(remote, "check_table", meanwhile)
    objects.layout.change("poses", "aliases.json", lambda table: {**table, "mine": "v1"})
    assert objects.aliases("poses") == {"first": "v1", "theirs": "v1", "mine": "v1"}


def test_a_server_that_ignores_conditions_is_refused(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = buckets.Proxy(cloud)
    proxy.rewrite = buckets.without_conditions
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
    url = buckets.new_url()
    with pytest.raises(UnavailableError, match="ignores conditions on writing"):
        Store(url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    assert Bucket(url).list() == []
    proxy.close()


def test_a_bucket_that_is_not_there_and_a_prefix_with_other_things_are_refused(cloud: str) -> None:
    with pytest.raises(NotFoundError, match="There is no bucket 'no-such-bucket'"):
        Store("s3://no-such-bucket/x")
    url = buckets.new_url()
    Bucket(url).put("thesis.tex", b"x")
    with pytest.raises(InvalidInputError, match="it holds other objects"):
        Store(url)
    Bucket(url).put("store.json", b'{"format": "posectl-store", "version": 2}')
    with pytest.raises(InvalidInputError, match="has format 2; this posectl reads up to 1"):
        Store(url)
    import boto3

    boto3.client("s3", endpoint_url=cloud).put_object(Bucket="bucket", Key="odd/../x", Body=b"")
    with pytest.raises(InvalidInputError, match="a key that no store has"):
        Store("s3://bucket/odd")


def test_a_prefix_that_is_marked_as_a_folder_is_empty(cloud: str) -> None:
    import boto3

    url = buckets.new_url()
    client = boto3.client("s3", endpoint_url=cloud)
    client.put_object(Bucket="bucket", Key=f"{url.rpartition('/')[2]}/", Body=b"")
    assert Store(url).names() == []


class _Refusing(BaseHTTPRequestHandler):
    """Refuses everybody, and says in its answer what it was sent, as S3 does."""

    def _answer(self) -> None:
        text = f"<Error><Code>SignatureDoesNotMatch</Code><Key>{self.headers['Authorization']} {SECRET}</Key></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    pytest.importorskip("obstore")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in buckets.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POSECTL_CACHE", str(tmp_path / "copies"))
    monkeypatch.setattr(bucket, "_WAIT", 0.001)


def test_wrong_credentials_are_told_and_not_repeated(
    refusing: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", refusing)
    with pytest.raises(UnavailableError, match=r"refuses these credentials \(SignatureDoesNotMatch\)") as error:
        Store(buckets.new_url())
    said = error.value.message + error.value.hint
    assert not any(part in said for part in (SECRET, "Authorization", "AWS4", "Credential"))


def test_a_profile_of_the_aws_command_line_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = a\naws_secret_access_key = b%c\n")
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n[profile work]\nregion = eu-north-1\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert profiles.profile() == {"region": "eu-west-1"}
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert profiles.profile() == {"access_key_id": "a", "secret_access_key": "b%c", "region": "eu-north-1"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    assert profiles.profile() == {}
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (tmp_path / "credentials").write_text("hush-hush")
    with pytest.raises(InvalidInputError, match="no file of profiles") as error:
        profiles.profile()
    assert SECRET not in error.value.message


def test_a_server_that_is_not_there_is_one_sentence(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match=r"The server of s3://bucket/\w+ cannot be reached\.$"):
        Store(buckets.new_url())


def test_without_obstore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UnavailableError, match="needs obstore") as error:
        Store("s3://bucket/x")
    assert error.value.hint == "pip install 'posectl[cloud]'"


def test_no_manifest_holds_what_the_environment_has_of_secrets(objects: Store) -> None:
    filled(objects)
    inside = Bucket(objects.place)
    assert not any(SECRET.encode() in (inside.get(key) or b"") for key in keys(objects))


@pytest.mark.parametrize(("hosts", "count"), [(3, 6), pytest.param(8, 48, marks=pytest.mark.slow)])
def test_hosts_that_publish_one_name_at_once_lose_nothing(
    address: str, cloud: str, tmp_path: Path, hosts: int, count: int
) -> None:
    buckets.race(address, hosts, count, tmp_path)


@pytest.mark.parametrize("count", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_a_connection_cut_anywhere_leaves_nothing_half_visible(
    address: str, cloud: str, tmp_path: Path, count: int
) -> None:
    ends = buckets.cut(address, count, tmp_path, seed=count)
    assert ends["done"] + ends["failed"] >= count


@pytest.mark.slow
def test_a_push_of_a_sweep_that_is_killed_goes_on(address: str, cloud: str, tmp_path: Path) -> None:
    buckets.push_and_kill(address, 3, tmp_path)
