"""The page of the explorer: one HTML file with style, module and data in it, which fetches nothing.

The module's source is the .js files beside this one: ES modules with types in their comments, joined here without any
tool but Python.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from importlib.resources import files

# In the order of what they import.
_SOURCES = (
    "data", "network", "paths", "measures", "model", "cells", "map", "dom", "chart", "colours", "drawing", "files",
    "steps", "series", "exports", "gestures", "legend", "controls", "overlay", "app", "report",
)  # fmt: skip

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async function|function|class|const) )", re.MULTILINE)


def module(end: str = "export { explore, report };") -> str:
    """Return the sources as one module; end: its last words, in place of what it exports."""
    joined = "\n".join(_EXPORT.sub("", _IMPORT.sub("", source(f"{name}.js"))) for name in _SOURCES)
    return f"{joined}\n{end}\n"


def style() -> str:
    """Return the style sheet."""
    return source("style.css")


def source(name: str) -> str:
    """Return one of the files that the page is made of."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def page(title: str, data: str, *, entry: str = "explore", described: str = "") -> str:
    """Return the page with this title and packed data (see `packing`), opened by a function that the module exports.

    Its content policy lets this very script and style run, workers made of them, and nothing else.
    """
    opened = (
        f'globalThis.opened = {entry}(document.getElementById("app"), document.getElementById("data").textContent);'
    )
    script = module(opened)
    sheet = f"body {{ margin: 0; background: #f7f8fa; color-scheme: light dark; }}\n{_DARK}\n{style()}"
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(sheet)}; worker-src blob:; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        title=html.escape(title), described=html.escape(described), policy=html.escape(policy), sheet=sheet,
        data=data, script=script,
    )  # fmt: skip


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_DARK = "@media (prefers-color-scheme: dark) { body { background: #14171d; } }"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="posectl">
<meta name="description" content="{described}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{sheet}</style>
</head>
<body>
<div id="app"><noscript>This page is played: it needs JavaScript, which it brings along.</noscript></div>
<script type="text/plain" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""
