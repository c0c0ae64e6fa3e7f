"""Objects under a prefix of a bucket, by obstore: requests tried again until they are answered, and conditional writes
whose outcome is certain."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

from posectl.errors import InvalidInputError, NotFoundError, PosectlError, UnavailableError
from posectl.store.locations import endpoint
from posectl.store.profiles import profile

T = TypeVar("T")
_TRIES, _WAIT = 6, 0.1  # of one request, and the seconds before the second of them; each waits twice as long
_BATCH = 1000  # keys in one request to delete
_STATUS, _CODE = re.compile(r"status code: (\d{3})"), re.compile(r"<Code>([A-Za-z]{1,40})</Code>")
_REFUSED = {"401", "403"}


@dataclass(frozen=True)
class Entry:
    """An object as a listing has it."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Tagged:
    """The bytes of an object, and the version of it that they are."""

    data: bytes
    version: dict[str, str]


class Bucket:
    """The objects under a URL, s3://bucket/prefix, by their keys after the prefix.

    Credentials are those of the environment; what is raised names none. Raises UnavailableError where the server
    cannot be reached or refuses, NotFoundError where there is no such bucket.
    """

    def __init__(self, url: str) -> None:
        try:
            import obstore
            from obstore.store import from_url
        except ImportError as error:
            raise UnavailableError(
                f"A store at {url.partition(':')[0]}:// needs obstore, which is not installed.",
                "pip install 'posectl[cloud]'",
            ) from error
        self.url, self._obstore = url, obstore
        try:
            self._store: Any = from_url(
                url,
                client_options={"allow_http": endpoint().startswith("http://"), "connect_timeout": "5s"},
                retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=30)},
                **(cast(Any, profile()) if url.startswith("s3:") else {}),
            )
        except PosectlError:
            raise
        except Exception as error:  # obstore's errors have no base of their own but Exception
            raise self._explained(error) from None

    def list(self, prefix: str = "", after: str = "") -> list[Entry]:
        """Return the objects whose keys begin with a folder, "name/", and come after `after`, in order."""

        def listed() -> list[Entry]:
            batches = self._obstore.list(self._store, prefix or None, offset=after or None)
            found = (m for batch in batches for m in batch if m["path"])  # a console may mark the prefix as a folder
            return [Entry(m["path"], m["size"], m["last_modified"]) for m in found]

        return sorted(self._patiently(listed), key=lambda entry: entry.key)

    def holds(self, unless: Callable[[str], bool]) -> bool:
        """Return whether there is any object whose key is not one of those."""

        def found() -> bool:
            batches = self._obstore.list(self._store, chunk_size=100)
            return any(m["path"] and not unless(m["path"]) for batch in batches for m in batch)

        return self._patiently(found)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes; None where there is none."""
        tagged = self.get_tagged(key)
        return tagged.data if tagged else None

    def get_tagged(self, key: str) -> Tagged | None:
        """Return an object's bytes and version; None where there is none."""

        def got() -> Tagged:
            answer = self._obstore.get(self._store, key)
            version = {"e_tag": answer.meta["e_tag"], "version": answer.meta["version"]}
            return Tagged(bytes(answer.bytes()), {name: value for name, value in version.items() if value})

        try:
            return self._patiently(got)
        except FileNotFoundError:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whatever there was."""
        self._patiently(lambda: self._put(key, data, "overwrite"))

    def create(self, key: str, data: bytes) -> bool:
        """Write an object where there is none; return False where there is another.

        True where there are these very bytes: a connection may end after the server wrote them and before it said so.
        """
        return self._written(key, data, "create")

    def replace(self, key: str, data: bytes, version: dict[str, str]) -> bool:
        """Write an object in place of that version of it; return False where it is another by now."""
        return self._written(key, data, version)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        keys = list(keys)
        for start in range(0, len(keys), _BATCH):
            some = keys[start : start + _BATCH]
            try:
                self._patiently(partial(self._obstore.delete, self._store, some))
            except FileNotFoundError:
                continue

    def now(self) -> datetime:
        """Return the time by the server's clock, which is that of `Entry.modified`."""
        key = f".staging/clock-{uuid.uuid4().hex}"
        self.put(key, b"")
        modified = self._patiently(lambda: self._obstore.head(self._store, key)["last_modified"])
        self.delete([key])
        return modified

    def check_conditions(self) -> None:
        """Raise UnavailableError unless the server, and all on the way to it, heed conditions on writing."""
        key = f".staging/probe-{uuid.uuid4().hex}"
        try:
            self.create(key, b"first")
            first = self.get_tagged(key)
            heeded = first is not None and not self.create(key, b"second")
            self.put(key, b"third")
            heeded = heeded and first is not None and not self.replace(key, b"fourth", first.version)
        finally:
            self.delete([key])
        if not heeded:
            raise UnavailableError(
                f"The server of {self.url} ignores conditions on writing (If-None-Match), so two could publish one "
                "version: it cannot hold a store.",
                "Choose another --store, or reach the server without the proxy that drops the header.",
            )

    def _put(self, key: str, data: bytes, mode: Any) -> None:
        self._obstore.put(self._store, key, data, mode=mode, use_multipart=False)

    def _written(self, key: str, data: bytes, mode: Any) -> bool:
        """Write on a condition. A refusal may come of one's own write, whose answer was lost, or of a write that came
        to nothing (409): what lies there tells."""
        for attempt in range(_TRIES):
            try:
                self._patiently(lambda: self._put(key, data, mode))
                return True
            except (self._obstore.exceptions.AlreadyExistsError, self._obstore.exceptions.PreconditionError) as error:
                there = self.get(key)
                if there is not None or mode != "create":
                    return there == data
                last = error
            time.sleep(_WAIT * 2**attempt)
        raise self._explained(last) from None

    def _patiently(self, request: Callable[[], T]) -> T:
        """Make a request, again and again while it is not answered; raise FileNotFoundError for an object that is not
        there, and obstore's errors for a condition that does not hold."""
        exceptions = self._obstore.exceptions
        for attempt in range(_TRIES):
            try:
                return request()
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
                raise
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise self._explained(error) from None
                raise
            except exceptions.InvalidPathError:
                raise InvalidInputError(
                    f"{self.url} holds an object with a key that no store has.", "Choose another prefix with --store."
                ) from None
            except exceptions.BaseError as error:
                status = _status(error)
                if (status and status < "500" and status != "429") or attempt == _TRIES - 1:
                    raise self._explained(error) from None  # whose text may hold what the server was sent
            time.sleep(_WAIT * 2**attempt)
        raise AssertionError

    def _explained(self, error: Exception) -> PosectlError:
        """Return an error in one sentence, without the text of obstore's, which repeats what the server was sent."""
        bucket, status, code = self.url.split("/")[2], _status(error), _code(error)
        if code == "NoSuchBucket":
            return NotFoundError(f"There is no bucket {bucket!r}.", "Make it first; posectl makes what lies in it.")
        if "169.254.169.254" in str(error) or "metadata" in str(error):
            return UnavailableError(
                f"There are no credentials for {self.url}.",
                "Set those of the provider: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for s3://.",
            )
        if status in _REFUSED:
            return UnavailableError(
                f"The server of {self.url} refuses these credentials{f' ({code})' if code else ''}.",
                "See what the environment sets, and what the account may do in this bucket.",
            )
        what = f"answers {status}{f' {code}' if code else ''}" if status else "cannot be reached"
        return UnavailableError(
            f"The server of {self.url} {what}.",
            "See the connection, and AWS_ENDPOINT_URL if it is set.",
        )


def _status(error: Exception) -> str:
    match = _STATUS.search(str(error))
    return match[1] if match else ""


def _code(error: Exception) -> str:
    match = _CODE.search(str(error))
    return match[1] if match else ""
