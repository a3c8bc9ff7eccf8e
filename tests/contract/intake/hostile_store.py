"""A store that returns given bytes as its list of orders."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_NONE = b'[{"Key": "Error", "Value": "", "Status": "404", "Message": "No records found"}]'


class HostileStore(ThreadingHTTPServer):
    """Serves `entries` as the orders of the import status, page by page; every other list is empty."""

    daemon_threads = True

    def __init__(self, entries: Sequence[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.entries = entries

    @property
    def url(self) -> str:
        """The store's address."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HostileStore
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name.lower(): values[0] for name, values in parse_qs(address.query).items()}
        page: Sequence[bytes] = ()
        ours = address.path.endswith("/Orders") and asked.get("orderstatus") == "1"
        if ours and "countonly" in asked:
            self._response(200, b'{"TotalCount": %d}' % len(self.server.entries))
            return
        if ours:
            start = int(asked.get("offset", "1")) - 1
            page = self.server.entries[start : start + int(asked.get("limit", "100"))]
        self._response(200 if page else 404, b"[" + b",\n".join(page) + b"]" if page else _NONE)

    def _response(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
