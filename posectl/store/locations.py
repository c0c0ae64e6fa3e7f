"""Where a store lies: in a folder, or under a prefix of a bucket, s3://bucket/prefix; and where its local copy is."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from posectl.errors import UsageError, did_you_mean

SCHEMES = ("s3", "gs", "az")
# A path has lost one of the two slashes. Two letters at least: C:/ is a disk.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?:/{1,2}(.*))?", re.DOTALL)
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._=-]+)*")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "GOOGLE_BASE_URL", "AZURE_STORAGE_ENDPOINT")


def url_of(place: str | os.PathLike[str]) -> str | None:
    """Return the URL of a store on object storage, "s3://bucket/prefix"; None for a folder.

    Raises UsageError for a scheme that is not one of SCHEMES, and for what is no bucket and prefix.
    """
    match = _URL.fullmatch(os.fspath(place))
    if match is None:
        return None
    scheme, rest = match[1].lower(), (match[2] or "").strip("/")
    if scheme not in SCHEMES:
        raise UsageError(f"A store cannot lie at {scheme}://.", did_you_mean(scheme, SCHEMES))
    if not _PREFIX.fullmatch(rest) or ".." in rest.split("/"):  # not repeated: it may hold a password
        raise UsageError(
            f"This is no bucket and prefix after {scheme}://.",
            f"Like {scheme}://bucket/prefix, of letters, digits and . _ -; credentials come from the environment.",
        )
    return f"{scheme}://{rest}"


def shown(place: str | os.PathLike[str]) -> str:
    """Return a place as a person writes it, for Path makes s3:/bucket of s3://bucket."""
    return url_of(place) or os.fspath(place)


def endpoint() -> str:
    """Return the address of the server, where the environment names one; empty for the provider's own."""
    return next((value for name in _ENDPOINTS if (value := os.environ.get(name))), "")


def cache() -> Path:
    """Return the folder of local copies: POSECTL_CACHE, or posectl in the user's folder of caches."""
    chosen = os.environ.get("POSECTL_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    return Path(os.path.expanduser(chosen or os.path.join(base, "posectl"))).absolute()


def copy_of(url: str) -> Path:
    """Return the folder of the local copy of a store on object storage."""
    told_apart = hashlib.sha256(f"{endpoint()}\n{url}".encode()).hexdigest()[:8]
    return cache() / f"{re.sub('[^A-Za-z0-9]+', '-', url)[-80:]}-{told_apart}"
