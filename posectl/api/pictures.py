"""Pictures and animations that show themselves in a notebook."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TYPES = {
    ".gif": "image/gif",
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
}


class Picture:
    """A drawing, in a file or in memory; `info` has its path, frames, frames per second, seconds, bytes and speed."""

    def __init__(self, info: Mapping[str, Any], data: bytes | None = None) -> None:
        self.info, self._data = dict(info), data

    @property
    def data(self) -> bytes:
        """The content of the file."""
        return Path(self.info["path"]).read_bytes() if self._data is None else self._data

    @property
    def suffix(self) -> str:
        """The suffix, such as ".gif"."""
        return Path(self.info["path"] or "picture.gif").suffix.lower()

    @property
    def frames(self) -> int:
        """The number of frames."""
        return int(self.info["frames"])

    def __repr__(self) -> str:
        where = f" {self.info['path']}" if self.info["path"] else ""
        return f"<Picture{where}: {self.frames} frames, {self.info['bytes']:,} bytes of {self.suffix[1:]}>"

    def _repr_html_(self) -> str:
        source = f"data:{_TYPES[self.suffix]};base64,{base64.b64encode(self.data).decode()}"
        if self.suffix == ".mp4":
            return f'<video controls loop src="{source}"></video>'
        if self.suffix == ".pdf":
            return f'<embed src="{source}">'
        return f'<img src="{source}">'
