from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest
import requests
import responses

from cartage.errors import MalformedResponse, NotSent, OutcomeUnknown, RateLimited, RemoteUnavailable
from cartage.http import RETRY_WRITE, HttpSession, Timeouts
from cartage.pace import retry_after

URL = "http://remote.test"


@pytest.fixture
def remote() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def session(waits: list[float]) -> Iterator[HttpSession]:
    http = HttpSession(URL, remote="the remote", tries=3, longest_wait=20, sleep=waits.append)
    yield http
    http.close()


def test_a_read_is_retried_until_it_succeeds(
    remote: responses.RequestsMock, session: HttpSession, waits: list[float]
) -> None:
    remote.get(f"{URL}/a", status=503)
    remote.get(f"{URL}/a", body=requests.ConnectionError("cut"))
    remote.get(f"{URL}/a", body="there")
    assert session.call("GET", "/a", safe=True).text == "there"
    assert len(waits) == 2


def test_a_read_fails_after_its_last_attempt(remote: responses.RequestsMock, session: HttpSession) -> None:
    remote.get(f"{URL}/a", status=503)
    with pytest.raises(RemoteUnavailable):
        session.call("GET", "/a", safe=True)
    assert len(remote.calls) == 3


def test_an_unsafe_call_is_never_retried(remote: responses.RequestsMock, session: HttpSession) -> None:
    remote.put(f"{URL}/a", status=500)
    with pytest.raises(OutcomeUnknown):
        session.call("PUT", "/a", safe=False)
    assert len(remote.calls) == 1


def test_retry_after_is_obeyed(
    remote: responses.RequestsMock, session: HttpSession, waits: list[float]
) -> None:
    remote.get(f"{URL}/a", status=429, headers={"Retry-After": "7"})
    remote.get(f"{URL}/a", body="there")
    session.call("GET", "/a", safe=True)
    assert waits == [7.0]


def test_a_retry_after_that_is_too_long_ends_the_attempts(
    remote: responses.RequestsMock, session: HttpSession, waits: list[float]
) -> None:
    remote.get(f"{URL}/a", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited) as raised:
        session.call("GET", "/a", safe=True)
    assert raised.value.retry_after == 3600
    assert not waits


def test_a_repeatable_write_is_retried_only_if_nothing_was_carried_out(session: HttpSession) -> None:
    failures = iter([NotSent("r", "PUT /a", "no"), RateLimited("r", "PUT /a", "slow"), None])

    def once() -> str:
        failure = next(failures)
        if failure:
            raise failure
        return "done"

    assert session.retry(once, after=RETRY_WRITE) == "done"


@pytest.mark.parametrize("failure", [OutcomeUnknown, RemoteUnavailable, MalformedResponse])
def test_a_write_that_may_have_been_carried_out_is_not_retried(
    session: HttpSession, failure: type[Exception]
) -> None:
    tries = []

    def once() -> None:
        tries.append(1)
        raise failure("r", "PUT /a", "lost")

    with pytest.raises(failure):
        session.retry(once, after=RETRY_WRITE)
    assert len(tries) == 1


def test_a_header_that_cannot_be_sent_is_not_in_the_message(session: HttpSession) -> None:
    secret = "".join(reversed("c3d2b1a0"))  # Assembled, since a traceback quotes this line.
    with pytest.raises(OutcomeUnknown) as raised:
        session.call("GET", "/a", safe=False, headers={"Token": f"{secret}\nvalue"})
    assert secret not in "".join(traceback.format_exception(raised.value))


def test_redirects_are_not_followed(remote: responses.RequestsMock, session: HttpSession) -> None:
    remote.get(f"{URL}/a", status=302, headers={"Location": "http://elsewhere.test/"})
    with pytest.raises(RemoteUnavailable, match="redirect"):
        session.once("GET", "/a", safe=True)
    assert len(remote.calls) == 1


def test_a_status_that_the_caller_handles_is_a_response(
    remote: responses.RequestsMock, session: HttpSession
) -> None:
    remote.get(f"{URL}/a", status=404, body="why")
    response = session.call("GET", "/a", safe=True, accept=(404,))
    assert (response.status, response.text) == (404, "why")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        (
            {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            30.0,
        ),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT"}, 0.0),
    ],
)
def test_retry_after_may_be_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_the_longest_life_of_a_request_is_the_sum_of_its_timeouts() -> None:
    assert Timeouts(connect=2, read=5).longest == 7
