"""A store whose orders are given bytes: lists them, returns each, and sets their statuses."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_IMPORT_STATUS = 1
_STATUS = re.compile(rb'"OrderStatusID": 1(?=[,}])')
_NONE = b'[{"Key": "Error", "Value": "", "Status": "404", "Message": "No records found"}]'


class HostileStore(ThreadingHTTPServer):
    """Serves entries as the orders of the import status, page by page. Every list by another property is empty.

    An entry is its OrderID and its bytes; without an OrderID it is listed only.
    """

    daemon_threads = True

    def __init__(self, entries: Iterable[tuple[int | None, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.entries = list(entries)
        self.by_id = {order_id: raw for order_id, raw in self.entries if order_id is not None}
        self.statuses: dict[int, int] = {}

    def listed(self, status: int) -> list[bytes]:
        """Return the entries with this status."""
        if status != _IMPORT_STATUS:
            return [self.entry(order_id) for order_id in self.by_id if self.statuses.get(order_id) == status]
        return [raw for order_id, raw in self.entries if order_id not in self.statuses]

    def entry(self, order_id: int) -> bytes:
        """Return an order with its present status, if it says which status it has."""
        status = self.statuses.get(order_id, _IMPORT_STATUS)
        return _STATUS.sub(b'"OrderStatusID": %d' % status, self.by_id[order_id])

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
        _, _, last = address.path.rpartition("/")
        page: Sequence[bytes] = ()
        if last.isdecimal() and int(last) in self.server.by_id:
            page = [self.server.entry(int(last))]
        elif last == "Orders" and "orderstatus" in asked:
            page = self.server.listed(int(asked["orderstatus"]))
            if "countonly" in asked:
                self._response(200, b'{"TotalCount": %d}' % len(page))
                return
            start = int(asked.get("offset", "1")) - 1
            page = page[start : start + int(asked.get("limit", "100"))]
        self._response(200 if page else 404, b"[" + b",\n".join(page) + b"]" if page else _NONE)

    def do_PUT(self) -> None:
        changes = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.statuses |= {change["OrderID"]: change["OrderStatusID"] for change in changes}
        done = [
            {"Key": "OrderID", "Value": str(change["OrderID"]), "Status": "200", "Message": "updated"}
            for change in changes
        ]
        self._response(200, json.dumps(done).encode())

    def _response(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
