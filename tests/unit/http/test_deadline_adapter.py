from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cartage.deadlines import deadline
from cartage.errors import NotSent
from cartage.http import HttpSession, Timeouts

READ_TIMEOUT = 5.0


class Remote(ThreadingHTTPServer):
    """Records what reaches it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Remote

    def do_GET(self) -> None:
        self.do_PUT()

    def do_PUT(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def remote() -> Iterator[Remote]:
    with Remote() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def session(remote: Remote) -> Iterator[HttpSession]:
    timeouts = Timeouts(connect=READ_TIMEOUT, read=READ_TIMEOUT)
    http = HttpSession(
        f"http://127.0.0.1:{remote.server_port}", remote="the remote", timeouts=timeouts, tries=1
    )
    yield http
    http.close()


def test_a_write_whose_response_could_come_too_late_is_not_sent(remote: Remote, session: HttpSession) -> None:
    with deadline(READ_TIMEOUT), pytest.raises(NotSent, match="deadline"):
        session.call("PUT", "/late", safe=False, json={"a": 1})
    assert remote.seen == []


def test_a_write_with_enough_time_left_is_sent(remote: Remote, session: HttpSession) -> None:
    with deadline(2 * READ_TIMEOUT):
        session.call("PUT", "/in-time", safe=False, json={"a": 1})
    assert remote.seen == ["PUT /in-time"]


def test_reads_and_writes_without_a_deadline_are_always_sent(remote: Remote, session: HttpSession) -> None:
    with deadline(0):
        session.call("GET", "/read", safe=True)
    session.call("PUT", "/free", safe=False)
    assert remote.seen == ["GET /read", "PUT /free"]
