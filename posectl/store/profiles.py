"""The credentials and region of a profile in the files of the AWS command line, which obstore does not read."""

from __future__ import annotations

import os
from configparser import ConfigParser
from configparser import Error as ParseError
from pathlib import Path

from posectl.errors import InvalidInputError

_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"}
_KEYS = ("access_key_id", "secret_access_key", "session_token")


def profile() -> dict[str, str]:
    """Return what the profile of AWS_PROFILE, or the default one, sets, by obstore's names; nothing where the
    environment has keys of its own. Raises InvalidInputError for a file that cannot be read as one."""
    found: dict[str, str] = {}
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return found
    name = os.environ.get("AWS_PROFILE", "default")
    for variable, file in _FILES.items():
        path = Path(os.path.expanduser(os.environ.get(variable) or f"~/.aws/{file}"))
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(path, encoding="utf-8")
        except (ParseError, UnicodeDecodeError, OSError):
            raise InvalidInputError(f"{path} is no file of profiles.", "Or set AWS_ACCESS_KEY_ID.") from None
        for section in (name, f"profile {name}"):
            if parser.has_section(section):
                found |= {key: value for key in (*_KEYS, "region") if (value := _value(parser, section, key))}
    if "AWS_REGION" in os.environ or "AWS_DEFAULT_REGION" in os.environ:
        found.pop("region", None)
    return found


def _value(parser: ConfigParser, section: str, key: str) -> str | None:
    return parser.get(section, key if key == "region" else f"aws_{key}", fallback=None)
