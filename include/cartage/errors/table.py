"""The table of failures: what a failed remote call means, and what is done about it.

The row is chosen by what is known: whether the call is safe to repeat, whether the request can have left, the status or
exception, and whether the body is valid. An unsafe call that may have left is `OutcomeUnknown`, unless a row says
otherwise. `python -m cartage.monitoring.manual docs/errors.md` writes docs/errors.md from this module.
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
    """Which error to raise, what happened in the operator's words, and the fix."""

    error: type[RemoteError]
    what: str
    fix: str


class Action(Enum):
    """What is done about a failure."""

    RETRY = (
        "retried at once, a few times with growing waits; then the task fails, and Airflow retries it later"
    )
    SLOW_DOWN = "retried when the remote allows it; every caller of this remote slows down"
    WAIT = "not called; the task fails without retry, and a later run checks whether the remote is back"
    REFRESH = "a new token is fetched once; if it fails too, the task fails without retry"
    FAIL = "the task fails without retry: a person has to fix it"
    REFUSE = "refused: this order is blocked with the cause, the others go on"
    READ_AGAIN = "nothing was written; the next run reads the remote's current copy"
    PERSON = "a person decides about this order, the others go on"
    ASK = "unknown: never retried; once the request can no longer be in progress, the remote is asked for the outcome"


# `cartage.http` retries by this table, and a test compares Airflow's retry policy with it.
ACTIONS: Mapping[type[RemoteError], Action] = {
    NotSent: Action.RETRY,
    RateLimited: Action.SLOW_DOWN,
    RemoteUnavailable: Action.RETRY,
    RemoteDown: Action.WAIT,
    MalformedResponse: Action.RETRY,
    AuthFailed: Action.REFRESH,
    PermissionDenied: Action.FAIL,
    NotFound: Action.REFUSE,
    StaleVersion: Action.READ_AGAIN,
    Refused: Action.REFUSE,
    ReferenceConflict: Action.PERSON,
    OutcomeUnknown: Action.ASK,
}
# After these the remote has certainly done nothing. Only after them may a write be sent again.
NOTHING_DONE: frozenset[type[RemoteError]] = frozenset({NotSent, RateLimited})

# Compared with the names of the exception's classes, so that this module needs neither `requests` nor `urllib3`. The
# most specific come first: ConnectTimeout is also a ConnectionError.
_EXCEPTIONS: tuple[tuple[str, bool, FailureRule], ...] = (
    (
        "ConnectTimeout",
        False,
        FailureRule(NotSent, "no connection within the timeout", "Check that the remote is up."),
    ),
    (
        "SSLCertVerificationError",
        False,
        FailureRule(
            NotSent, "the TLS certificate was not accepted", "Check host name, certificate and clock."
        ),
    ),
    # Other TLS failures can also occur in the middle of an exchange, after the request was read.
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
            NotSent,
            "this process was delayed until the deadline to send had passed",
            "Check whether the machine is overloaded.",
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
    (
        "NewConnectionError",
        False,
        FailureRule(NotSent, "the connection was refused", "Check that the remote is up."),
    ),
    (
        "NameResolutionError",
        False,
        FailureRule(NotSent, "the host name is unknown", "Check the connection's host."),
    ),
    ("ReadTimeout", True, FailureRule(RemoteUnavailable, "no response within the timeout", "")),
    # While the body was read, `requests` wraps urllib3's error in its own ConnectionError.
    (
        "ReadTimeoutError",
        True,
        FailureRule(RemoteUnavailable, "the response did not end within the timeout", ""),
    ),
    ("ChunkedEncodingError", True, FailureRule(RemoteUnavailable, "the response was cut off", "")),
    ("ContentDecodingError", True, FailureRule(MalformedResponse, "the response could not be decoded", "")),
    ("ConnectionError", True, FailureRule(RemoteUnavailable, "the connection was cut", "")),
)
_ANYTHING_ELSE = FailureRule(RemoteUnavailable, "the call failed", "")

_STATUSES: dict[int, FailureRule] = {
    401: FailureRule(AuthFailed, "the credentials were not accepted", ""),
    403: FailureRule(PermissionDenied, "the credentials do not have the permission for this call", ""),
    404: FailureRule(NotFound, "not found", ""),
    # A proxy's own, from a proxy for http; a proxy for https ends with ProxyError.
    407: FailureRule(
        PermissionDenied,
        "the proxy did not accept its credentials",
        "Check user and password in the address of the proxy.",
    ),
    412: FailureRule(StaleVersion, "the remote's copy has changed since it was read", ""),
    415: FailureRule(Refused, "the content type was not accepted", "This is a bug in the client: report it."),
    428: FailureRule(StaleVersion, "the remote requires the version that is to be changed", ""),
    429: FailureRule(RateLimited, "too many calls", "Calls slow down automatically."),
}

# Further statuses that the manual lists.
_OTHERS = (302, 400, 408, 409, 422, 500, 502, 503, 504)

_LOST = "the response was lost; the remote is asked whether the change was made"


def rule_for_exception(failure: BaseException, *, safe: bool) -> FailureRule:
    """Return the rule for an exception of the HTTP library. `safe` calls have no effect and can be repeated."""
    names = exception_names(failure)
    for name, may_have_left, rule in _EXCEPTIONS:
        if name in names:
            return _unknown_if_unsafe(rule, safe=safe or not may_have_left)
    return _unknown_if_unsafe(_ANYTHING_ELSE, safe=safe)


def rule_for_status(status: int, *, safe: bool) -> FailureRule:
    """Return the rule for an HTTP status of 300 or more, if the body says nothing more specific."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 400 <= status < 500 and status != 408:
        return FailureRule(Refused, "the request was refused", "")
    if status < 400:
        redirect = FailureRule(
            RemoteUnavailable, "responded with a redirect", "Check the connection's address."
        )
        return _unknown_if_unsafe(redirect, safe=safe)
    return _unknown_if_unsafe(FailureRule(RemoteUnavailable, "the remote failed", ""), safe=safe)


def rule_for_bad_body(what: str, *, safe: bool) -> FailureRule:
    """Return the rule for a success status with an unusable body."""
    return _unknown_if_unsafe(FailureRule(MalformedResponse, what, ""), safe=safe)


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure as the manual shows it: what is seen on the wire, and the rules for reads and for writes."""

    seen: str
    read: FailureRule
    write: FailureRule


def failure_rows() -> Iterator[FailureRow]:
    """Yield the whole table, in the order in which a request can fail."""
    for name, may_have_left, rule in _EXCEPTIONS:
        yield FailureRow(f"`{name}`", rule, _unknown_if_unsafe(rule, safe=not may_have_left))
    yield FailureRow("any other exception", _ANYTHING_ELSE, _unknown_if_unsafe(_ANYTHING_ELSE, safe=False))
    for status in sorted({*_STATUSES, *_OTHERS}):
        yield FailureRow(str(status), rule_for_status(status, safe=True), rule_for_status(status, safe=False))
    what = "the response is not valid: HTML, cut off, or of another structure"
    yield FailureRow("2xx", rule_for_bad_body(what, safe=True), rule_for_bad_body(what, safe=False))


def _unknown_if_unsafe(rule: FailureRule, *, safe: bool) -> FailureRule:
    return rule if safe else FailureRule(OutcomeUnknown, f"{rule.what}: {_LOST}", rule.fix)


def exception_names(failure: BaseException) -> set[str]:
    """Return the class names of an exception and of those it wraps: requests has the reason in `args[0].reason`."""
    names = {kind.__name__ for kind in type(failure).__mro__}
    inner = _wrapped(failure)
    while inner is not None:
        # Python's own ConnectionError says less than its wrapper, which shows when it occurred.
        names |= {kind.__name__ for kind in type(inner).__mro__} - {"ConnectionError", "ReadTimeout"}
        inner = _wrapped(inner)
    return names


def _wrapped(failure: BaseException) -> BaseException | None:
    reason = getattr(failure, "reason", None) or next(iter(failure.args), None)
    return reason if isinstance(reason, BaseException) and reason is not failure else None
