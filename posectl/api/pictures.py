"""Pictures and films that show themselves in a notebook."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

_TYPES = {".gif": "image/gif", ".png": "image/png", ".mp4": "video/mp4"}


class Picture:
    """A drawing as a file holds it: `data`, its suffix, and how many frames, seconds and bytes it has."""

    def __init__(self, data: bytes, suffix: str, info: Mapping[str, Any]) -> None:
        self.data, self.suffix, self.info = data, suffix, dict(info)

    @property
    def frames(self) -> int:
        return int(self.info["frames"])

    def __repr__(self) -> str:
        where = f" {self.info['path']}" if self.info.get("path") else ""
        return f"<Picture{where}: {self.frames} frames, {len(self.data):,} bytes of {self.suffix[1:]}>"

    def _repr_html_(self) -> str:
        source = f"data:{_TYPES[self.suffix]};base64,{base64.b64encode(self.data).decode()}"
        if self.suffix == ".mp4":
            return f'<video controls loop src="{source}"></video>'
        return f'<img src="{source}">'
