from __future__ import annotations

import ssl
from http.client import RemoteDisconnected

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as Urllib3SSLError

from cartage.errors import (
    AuthFailed,
    MalformedResponse,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    Refused,
    RemoteError,
    RemoteUnavailable,
    StaleVersion,
    table,
)


def refused_connection() -> requests.ConnectionError:
    reason = NewConnectionError(None, "connection refused")  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def unknown_host() -> requests.ConnectionError:
    reason = NameResolutionError("nowhere.test", None, OSError("unknown"))  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def connect_timeout() -> requests.ConnectTimeout:
    return requests.ConnectTimeout(MaxRetryError(None, "/", ConnectTimeoutError()))  # type: ignore[arg-type]


def bad_certificate() -> requests.exceptions.SSLError:
    reason = Urllib3SSLError(ssl.SSLCertVerificationError("certificate verify failed"))
    return requests.exceptions.SSLError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def tls_cut_in_the_middle() -> requests.exceptions.SSLError:
    reason = Urllib3SSLError(ssl.SSLEOFError("EOF occurred in violation of protocol"))
    return requests.exceptions.SSLError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def reset_after_sending() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected("no response")))


def body_stalled() -> requests.ConnectionError:
    return requests.ConnectionError(ReadTimeoutError(None, "/", "read timed out"))  # type: ignore[arg-type]


@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize(
    "failure",
    [
        refused_connection(),
        unknown_host(),
        connect_timeout(),
        bad_certificate(),
        requests.exceptions.ProxyError(),
        requests.exceptions.InvalidURL(),
        requests.exceptions.MissingSchema(),
        requests.exceptions.InvalidSchema(),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_request_that_never_left_is_not_sent_whether_safe_or_unsafe(
    failure: requests.RequestException, safe: bool
) -> None:
    assert table.rule_for_exception(failure, safe=safe).error is NotSent


@pytest.mark.parametrize(
    "failure",
    [
        reset_after_sending(),
        body_stalled(),
        tls_cut_in_the_middle(),
        requests.ReadTimeout(),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ContentDecodingError(),
        requests.RequestException("something new"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_write_that_may_have_left_is_unknown(
    failure: requests.RequestException,
) -> None:
    assert table.rule_for_exception(failure, safe=False).error is OutcomeUnknown
    assert table.rule_for_exception(failure, safe=True).error in {RemoteUnavailable, MalformedResponse}


def test_every_exception_of_requests_is_in_the_table() -> None:
    kinds = [
        kind
        for kind in vars(requests.exceptions).values()
        if isinstance(kind, type) and issubclass(kind, requests.RequestException)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        failure = kind.__new__(kind)
        assert issubclass(table.rule_for_exception(failure, safe=True).error, RemoteError)
        assert table.rule_for_exception(failure, safe=False).error in {NotSent, OutcomeUnknown}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, AuthFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Refused),
        (412, StaleVersion),
        (415, Refused),
        (422, Refused),
        (428, StaleVersion),
        (429, RateLimited),
    ],
)
def test_a_refusal_is_the_same_failure_for_reads_and_writes(status: int, error: type[RemoteError]) -> None:
    assert table.rule_for_status(status, safe=True).error is error
    assert table.rule_for_status(status, safe=False).error is error


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, *range(500, 600)])
def test_a_write_that_failed_at_the_remote_or_was_redirected_is_unknown(status: int) -> None:
    assert table.rule_for_status(status, safe=True).error is RemoteUnavailable
    assert table.rule_for_status(status, safe=False).error is OutcomeUnknown


def test_the_fix_of_a_redirect_names_the_connections_host() -> None:
    assert "address" in table.rule_for_status(302, safe=True).fix


def test_every_status_is_in_the_table() -> None:
    for status in range(300, 600):
        for safe in (True, False):
            assert issubclass(table.rule_for_status(status, safe=safe).error, RemoteError)


def test_a_write_with_an_unusable_response_body_is_unknown() -> None:
    assert table.rule_for_bad_body("HTML", safe=True).error is MalformedResponse
    assert table.rule_for_bad_body("HTML", safe=False).error is OutcomeUnknown
