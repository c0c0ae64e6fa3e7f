"""Pages for a browser: in a file, or served on this machine's own address."""

from __future__ import annotations

import html
import http.server
import webbrowser
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from posectl.errors import ConflictError, UnavailableError

_HOST = "127.0.0.1"


class Page:
    """A page: `text` is its HTML, `data` what its module reads, `models` are the refs of what it shows.

    In a notebook it shows itself: as a widget with the extra `notebook`, whose pair can be read, else in a frame.
    """

    def __init__(self, text: str, data: str = "", path: Path | None = None, models: tuple[str, ...] = ()) -> None:
        self.text, self.data, self.path, self.models = text, data, path, models

    @cached_property
    def widget(self) -> Any:
        """The page as a widget (anywidget). Raises UnavailableError without the extra `notebook`."""
        from posectl.api.widget import widget

        return widget(self.data)

    @property
    def pair(self) -> dict[str, Any]:
        """What the widget shows now: `alpha`; `codes` of both ends by each model; `samples`, their numbers in the
        dataset, or None where an end is no sample. Empty before it is shown."""
        return dict(self.widget.state)

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return len(self.text.encode())

    def __repr__(self) -> str:
        where = f" {self.path}" if self.path else ""
        return f"<Page{where}: {', '.join(self.models)}, {self.bytes:,} bytes>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if not self.data:
            return {"text/html": self._repr_html_(), "text/plain": repr(self)}
        try:
            return self.widget._repr_mimebundle_(**options)
        except UnavailableError:
            return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{html.escape(self.text)}" style="width: 100%; height: 900px; border: 0"></iframe>'

    def serve(self, port: int = 0, *, browser: bool = True, tell: Callable[[str], None] = print) -> None:
        """Serve the page on 127.0.0.1 until interrupted, tell its address, and open a browser, if there is one.

        Nothing but the page is served, to nobody who calls this machine by another name. Raises ConflictError for a
        port in use.
        """
        with self.server(port) as server:
            address = f"http://{_HOST}:{server.server_port}/"
            opened = browser and _open(address)
            tell(f"{address}{'' if opened else ' is the page: open it in a browser.'} Ctrl-C ends it.")
            server.serve_forever()

    def server(self, port: int = 0) -> http.server.ThreadingHTTPServer:
        """Return the server of the page, at a port of 127.0.0.1 (0: a free one), not yet serving."""
        try:
            return http.server.ThreadingHTTPServer((_HOST, port), _handler(self.text.encode()))
        except OSError as error:
            raise ConflictError(
                f"Port {port} cannot be listened at: {error.strerror or error}.",
                "Take another with --port, or --port 0.",
            ) from error


def _open(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def _handler(body: bytes) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        server_version, sys_version = "posectl", ""

        def do_GET(self) -> None:
            own = self.headers.get("Host")
            names = {f"{name}:{self.connection.getsockname()[1]}" for name in (_HOST, "localhost")}
            # A page elsewhere that had its own name lead here would send that name.
            if own not in names:
                self.send_error(403, "Call it by its own address")
            elif self.headers.get("Origin", f"http://{own}") != f"http://{own}":
                self.send_error(403, "Other origins get nothing")
            elif self.path != "/":
                self.send_error(404)
            else:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header("Cross-Origin-Resource-Policy", "same-origin")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
