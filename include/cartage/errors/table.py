"""The one table of failures: what a failed remote call means, and what is then done.

A row is chosen by what is known of the failure: was the call safe to repeat, can the request have left,
which status or exception came, is the body an answer at all. Any other failure of an unsafe call that may have left is
`OutcomeUnknown`. docs/errors.md is written from this module by `python -m cartage.monitoring.manual docs/errors.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from cartage.errors.types import (
    AuthFailed,
    MalformedResponse,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ReferenceConflict,
    Refused,
    RemoteDown,
    RemoteError,
    RemoteUnavailable,
    StaleVersion,
)


@dataclass(frozen=True, slots=True)
class FailureRule:
    """Which error to raise, what happened in the operator's words, and the mend."""

    error: type[RemoteError]
    what: str
    fix: str


class Action(Enum):
    """What is done about a failure."""

    RETRY = (
        "tried again at once, a few times with growing waits; then the task fails, and Airflow tries it later"
    )
    SLOW_DOWN = "tried again when the remote allows it; every caller of this remote slows down"
    WAIT = "nobody was called; the task fails for good, and a later run tries whether the remote is back"
    REFRESH = "a token is fetched anew, once; then the task fails for good"
    FAIL = "the task fails for good: a person has to mend it"
    REFUSE = "this one thing is refused: its order is blocked with the cause, the others go on"
    READ_ANEW = "nothing was written; the next run works with what the remote has now"
    PERSON = "the order is put to a person, the others go on"
    ASK = "unknown: never repeated; once it can no longer be under way, the remote is asked what became of it"


# By what was raised; `cartage.http` repeats by it, and a test holds Airflow's retry policy to it.
ACTIONS: Mapping[type[RemoteError], Action] = {
    NotSent: Action.RETRY,
    RateLimited: Action.SLOW_DOWN,
    RemoteUnavailable: Action.RETRY,
    RemoteDown: Action.WAIT,
    MalformedResponse: Action.RETRY,
    AuthFailed: Action.REFRESH,
    PermissionDenied: Action.FAIL,
    NotFound: Action.REFUSE,
    StaleVersion: Action.READ_ANEW,
    Refused: Action.REFUSE,
    ReferenceConflict: Action.PERSON,
    OutcomeUnknown: Action.ASK,
}
# Of these the remote has certainly done nothing: only after them may a write be sent again.
NOTHING_DONE: frozenset[type[RemoteError]] = frozenset({NotSent, RateLimited})

# Matched against the names of the exception's own classes, most specific first, so that neither `requests`
# nor `urllib3` is needed to read the table. ConnectTimeout is a ConnectionError too: its row stands first.
_EXCEPTIONS: tuple[tuple[str, bool, FailureRule], ...] = (
    (
        "ConnectTimeout",
        False,
        FailureRule(NotSent, "no connection within the time allowed", "Is the remote up?"),
    ),
    (
        "SSLCertVerificationError",
        False,
        FailureRule(
            NotSent, "the TLS certificate was not accepted", "Check host name, certificate and clock."
        ),
    ),
    # Any other TLS failure can also come in the middle of an exchange, after the request was read.
    (
        "SSLError",
        True,
        FailureRule(RemoteUnavailable, "the TLS connection failed", "Check host name and clock."),
    ),
    (
        "ProxyError",
        False,
        FailureRule(NotSent, "the proxy could not be reached", "Check the proxy settings."),
    ),
    (
        "DeadlineExceeded",
        False,
        FailureRule(
            NotSent, "this process was held up until it was too late to send", "Is the machine overloaded?"
        ),
    ),
    ("InvalidURL", False, FailureRule(NotSent, "the address is not valid", "Check the connection's host.")),
    (
        "InvalidSchema",
        False,
        FailureRule(NotSent, "the address is not valid", "Check the connection's host."),
    ),
    (
        "MissingSchema",
        False,
        FailureRule(NotSent, "the address is not valid", "Check the connection's host."),
    ),
    ("NewConnectionError", False, FailureRule(NotSent, "the connection was refused", "Is the remote up?")),
    (
        "NameResolutionError",
        False,
        FailureRule(NotSent, "the host name is unknown", "Check the connection's host."),
    ),
    ("ReadTimeout", True, FailureRule(RemoteUnavailable, "no answer within the time allowed", "")),
    ("ChunkedEncodingError", True, FailureRule(RemoteUnavailable, "the answer broke off", "")),
    ("ContentDecodingError", True, FailureRule(MalformedResponse, "the answer could not be decoded", "")),
    ("ConnectionError", True, FailureRule(RemoteUnavailable, "the connection was cut", "")),
)
_ANYTHING_ELSE = FailureRule(RemoteUnavailable, "the call failed", "")

_STATUSES: dict[int, FailureRule] = {
    401: FailureRule(AuthFailed, "the credentials were not accepted", ""),
    403: FailureRule(PermissionDenied, "the credentials lack the right for this call", ""),
    404: FailureRule(NotFound, "not found", ""),
    412: FailureRule(StaleVersion, "the remote's copy has changed since it was read", ""),
    415: FailureRule(
        Refused, "the content type was not accepted", "This is a fault of the client: report it."
    ),
    428: FailureRule(StaleVersion, "the remote wants the version that is to be changed", ""),
    429: FailureRule(RateLimited, "too many calls", "It slows down by itself."),
}

# Statuses that the manual names besides those of the table above.
_OTHERS = (302, 400, 408, 409, 422, 500, 502, 503, 504)

_LOST = "the answer was lost; whether the change was made is settled by asking"


def of_exception(failure: BaseException, *, safe: bool) -> FailureRule:
    """Say what an exception of the HTTP library means; `safe` calls have no effect and may be repeated."""
    names = _names(failure)
    for name, may_have_left, verdict in _EXCEPTIONS:
        if name in names:
            return _unknown_if_unsafe(verdict, safe=safe or not may_have_left)
    return _unknown_if_unsafe(_ANYTHING_ELSE, safe=safe)


def of_status(status: int, *, safe: bool) -> FailureRule:
    """Say what an HTTP status of 300 or more means, when nothing in the body says more."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 400 <= status < 500 and status != 408:
        return FailureRule(Refused, "the request was refused", "")
    if status < 400:
        redirect = FailureRule(
            RemoteUnavailable, "answered with a redirect", "Check the connection's address."
        )
        return _unknown_if_unsafe(redirect, safe=safe)
    return _unknown_if_unsafe(FailureRule(RemoteUnavailable, "the remote failed", ""), safe=safe)


def of_bad_body(what: str, *, safe: bool) -> FailureRule:
    """Say what a success status with an unusable body means."""
    return _unknown_if_unsafe(FailureRule(MalformedResponse, what, ""), safe=safe)


@dataclass(frozen=True, slots=True)
class Row:
    """One failure as the manual shows it: what is seen on the wire, and what it means for reads and for writes."""

    seen: str
    read: FailureRule
    write: FailureRule


def rows() -> Iterator[Row]:
    """The whole table, in the order in which a request can fail."""
    for name, may_have_left, verdict in _EXCEPTIONS:
        yield Row(f"`{name}`", verdict, _unknown_if_unsafe(verdict, safe=not may_have_left))
    yield Row("any other exception", _ANYTHING_ELSE, _unknown_if_unsafe(_ANYTHING_ELSE, safe=False))
    for status in sorted({*_STATUSES, *_OTHERS}):
        yield Row(str(status), of_status(status, safe=True), of_status(status, safe=False))
    what = "the answer is none: HTML, cut off, or of another shape"
    yield Row("2xx", of_bad_body(what, safe=True), of_bad_body(what, safe=False))


def _unknown_if_unsafe(verdict: FailureRule, *, safe: bool) -> FailureRule:
    return verdict if safe else FailureRule(OutcomeUnknown, f"{verdict.what}: {_LOST}", verdict.fix)


def _names(failure: BaseException) -> set[str]:
    """Class names of an exception and of what it wraps: requests hides the reason in `args[0].reason`."""
    names = {kind.__name__ for kind in type(failure).__mro__}
    inner = _wrapped(failure)
    while inner is not None:
        # The system's own ConnectionError says less than the wrapper that tells when it came.
        names |= {kind.__name__ for kind in type(inner).__mro__} - {"ConnectionError", "ReadTimeout"}
        inner = _wrapped(inner)
    return names


def _wrapped(failure: BaseException) -> BaseException | None:
    reason = getattr(failure, "reason", None) or next(iter(failure.args), None)
    return reason if isinstance(reason, BaseException) and reason is not failure else None
