"""A response that comes byte by byte ends with the read timeout, whichever part of it trickles."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from cartage.errors import OutcomeUnknown, RemoteUnavailable
from cartage.http import HttpSession, Timeouts
from cartage.network import Network

READ_TIMEOUT = 0.4
# Each byte comes well within the timeout; all of them would take many times as long.
PAUSE, BYTES = 0.05, 200
BODY = b"x" * BYTES


class Trickle(ThreadingHTTPServer):
    """Sends its responses byte by byte, and would complete each; `closing` ends them sooner."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.closing = threading.Event()
        self.connections: set[tuple[str, int]] = set()


class Handler(BaseHTTPRequestHandler):
    server: Trickle
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.connections.add(self.client_address)
        getattr(self, f"send_{self.path[1:]}")()

    def do_POST(self) -> None:
        self.do_GET()

    def send_whole(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(BYTES))
        self.end_headers()
        self.wfile.write(BODY)

    def send_status(self) -> None:
        self._trickle(b"HTTP/1.1 200 OK" + b" " * BYTES + b"\r\nContent-Length: 0\r\n\r\n")

    def send_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._trickle(b"X-Long: " + BODY + b"\r\nContent-Length: 0\r\n\r\n")

    def send_sized(self) -> None:
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n".encode())
        self._trickle(BODY)

    def send_chunked(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._trickle(b"1\r\nx\r\n" * BYTES + b"0\r\n\r\n")

    def send_until_closed(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        self._trickle(BODY)

    def _trickle(self, data: bytes) -> None:
        for byte in data:
            if self.server.closing.wait(PAUSE):
                break
            try:
                self.wfile.write(bytes([byte]))
            except OSError:  # the client has given up
                self.close_connection = True
                break

    def log_message(self, *_: object) -> None:
        """Log nothing."""


Serve = Callable[[Trickle], HttpSession]


@contextmanager
def serving(server: Trickle) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["http", "https"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Trickle, HttpSession]]:
    """A server that trickles, plain and with TLS, and a session with it."""
    server, network = Trickle(), Network()
    if request.param == "https":
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        network = Network(verify=str(tmp_path / "ca.pem"))
    with serving(server):
        session = HttpSession(
            f"{request.param}://127.0.0.1:{server.server_port}",
            remote="the remote",
            timeouts=Timeouts(connect=5.0, read=READ_TIMEOUT),
            network=network,
            tries=1,
        )
        yield server, session
        session.close()


NONE, NO_END = "no response within the timeout", "the response did not end within the timeout"


@pytest.mark.parametrize(
    ("part", "what"),
    [("status", NONE), ("headers", NONE), ("sized", NO_END), ("chunked", NO_END), ("until_closed", NO_END)],
)
def test_a_response_that_trickles_ends_with_the_read_timeout(
    remote: tuple[Trickle, HttpSession], part: str, what: str
) -> None:
    _, session = remote
    with pytest.raises(RemoteUnavailable, match=what):
        session.call("GET", f"/{part}", safe=True)
    with pytest.raises(OutcomeUnknown, match=what):
        session.call("POST", f"/{part}", safe=False)


def test_a_connection_is_used_again_after_a_response_in_time_and_each_response_has_its_own_time(
    remote: tuple[Trickle, HttpSession],
) -> None:
    server, session = remote
    for _ in range(3):
        assert session.call("GET", "/whole", safe=True).content == BODY
    assert len(server.connections) == 1
    with pytest.raises(RemoteUnavailable):
        session.call("GET", "/sized", safe=True)
    assert session.call("GET", "/whole", safe=True).content == BODY
    assert len(server.connections) == 2, "a connection whose response was given up is not used again"
