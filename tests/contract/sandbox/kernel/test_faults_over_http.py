"""What a real client sees of each fault, and whether the effect has happened."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from cartage_sandbox.kernel import Fault

if TYPE_CHECKING:
    from tests.contract.sandbox.kernel.conftest import Served


@pytest.mark.parametrize(("moment", "effects"), [("before", 0), ("after", 1)])
def test_a_reset_breaks_the_connection_before_or_after_the_effect(
    served: Served, moment: Literal["before", "after"], effects: int
) -> None:
    served.fault(Fault("POST /count", "reset", moment))
    with pytest.raises(requests.ConnectionError, match="ConnectionResetError"):
        served.post()
    assert served.emulator.count == effects
    assert served.requests_seen() == [(None, f"{moment}:reset")]


@pytest.mark.parametrize(("moment", "effects"), [("before", 0), ("after", 1)])
def test_a_close_ends_the_connection_without_a_response(
    served: Served, moment: Literal["before", "after"], effects: int
) -> None:
    served.fault(Fault("POST /count", "close", moment))
    with pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
        served.post()
    assert served.emulator.count == effects


@pytest.mark.parametrize("kind", ["truncate", "close", "reset"])
def test_a_response_is_cut_in_the_middle_after_announcing_the_full_length(
    served: Served, kind: Literal["truncate", "close", "reset"]
) -> None:
    served.fault(Fault("POST /count", kind, "within"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"IncompleteRead|ConnectionReset"):
        served.post()
    assert served.emulator.count == 1
    assert served.requests_seen() == [(201, f"within:{kind}")]


def test_a_truncated_response_has_the_announced_length_and_half_the_body(served: Served) -> None:
    served.fault(Fault("POST /count", "truncate", "within"))
    with served.http.post(f"{served.url}/count", json={}, stream=True, timeout=5) as response:
        announced = int(response.headers["Content-Length"])
        # The reader of `requests` raises; the raw stream shows what has arrived.
        arrived = len(response.raw.read(announced, decode_content=False) or b"")
    assert 0 < arrived < announced


@pytest.mark.parametrize(("moment", "effects"), [("before", 0), ("after", 1)])
def test_a_status_fault_replaces_the_response_with_its_headers_and_body(
    served: Served, moment: Literal["before", "after"], effects: int
) -> None:
    headers = {"Retry-After": "7", "Content-Type": "text/plain"}
    served.fault(Fault("POST", "status", moment, status=429, headers=headers, body="slow down"))
    response = served.post()
    assert (response.status_code, response.text) == (429, "slow down")
    assert response.headers["Retry-After"] == "7"
    assert response.headers["Content-Type"] == "text/plain"
    assert served.emulator.count == effects


@pytest.mark.parametrize(("body", "starts"), [(None, "<!DOCTYPE html>"), ('{"count": ', '{"count": ')])
def test_garbage_is_a_200_that_is_not_json(served: Served, body: str | None, starts: str) -> None:
    served.fault(Fault("POST", "garbage", "after", body=body))
    response = served.post()
    assert response.status_code == 200
    assert response.text.startswith(starts)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        response.json()
    assert served.emulator.count == 1


@pytest.mark.parametrize(("moment", "effects"), [("before", 0), ("after", 1)])
def test_a_delay_makes_the_client_give_up_before_or_after_the_effect(
    served: Served, moment: Literal["before", "after"], effects: int
) -> None:
    served.fault(Fault("POST", "delay", moment, seconds=0.5))
    with pytest.raises(requests.ReadTimeout):
        served.post(timeout=0.1)
    assert served.emulator.count == effects


def test_a_delayed_request_takes_effect_in_the_end_although_its_client_is_gone(served: Served) -> None:
    served.fault(Fault("POST", "delay", "before", seconds=0.2))
    with pytest.raises(requests.ReadTimeout):
        served.post(timeout=0.05)
    deadline = time.monotonic() + 5
    while not served.emulator.count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served.emulator.count == 1


def test_a_delay_within_stalls_the_response_and_then_completes_it(served: Served) -> None:
    served.fault(Fault("POST", "delay", "within", seconds=0.1))
    assert served.post().json()["count"] == 1


def test_a_duplicate_runs_the_request_twice_and_shows_the_second_response(served: Served) -> None:
    served.fault(Fault("POST", "duplicate"))
    assert served.post().json()["count"] == 2
    assert served.emulator.journal.count_by_key("count.added") == {"1": 1, "2": 1}


def test_the_connection_works_again_after_a_fault(served: Served) -> None:
    served.fault(Fault("POST", "reset", "after", times=2))
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            served.post()
    assert served.post().json()["count"] == 3


def test_a_request_that_arrives_by_half_has_no_effect(served: Served) -> None:
    host, _, port = served.url.removeprefix("http://").partition(":")
    head = "POST /count HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as half:
        half.sendall(head.encode() + b'{"add": 1')
    deadline = time.monotonic() + 5
    while not served.requests_seen() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served.requests_seen() == [(None, None)]
    assert served.emulator.count == 0


def test_a_delayed_request_delays_no_other(served: Served) -> None:
    served.fault(Fault("POST", "delay", "before", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        served.post(timeout=0.05)
    assert served.http.get(f"{served.url}/count", timeout=5).json() == {"count": 0}
