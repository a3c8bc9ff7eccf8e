"""Explain a failure to an operator: what happened, what it means for orders, and what to do.

The text of an unexpected error stays in the log, because it may contain an order's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cartage import errors
from cartage.errors import CartageError, RemoteError, SettingsError

_WAITS = (
    "Orders wait in the ledger; none is lost and none is sent twice. The next run continues automatically."
)
_CREDENTIALS = "Check the credentials of its connection in Airflow (Admin > Connections)."
_REPORT = "Read the task's log. If it happens again, report it with that log."


@dataclass(frozen=True, slots=True)
class Explanation:
    """One failure: `title` is one sentence, `meaning` says what happens to orders, `fix` what to do."""

    title: str
    meaning: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Words:
    """Texts for one kind of error. `{remote}` and `{what}` are the error's own; an error's own `fix` has precedence."""

    title: str
    meaning: str
    fix: str


_REMOTE: dict[type[RemoteError], _Words] = {
    errors.AuthFailed: _Words(
        "{remote} does not accept the credentials",
        "Nothing is read from it or sent to it until they are correct. Orders wait; none is lost.",
        _CREDENTIALS,
    ),
    errors.PermissionDenied: _Words(
        "The credentials of {remote} lack a permission that Cartage needs",
        "Actions that need this permission fail until it is granted. Orders wait; none is lost.",
        "Grant the permission to these credentials at {remote}.",
    ),
    errors.NotSent: _Words(
        "{remote} could not be reached: {what}",
        f"Nothing left this machine. {_WAITS}",
        "Check the host of its connection, the network, and that {remote} is up.",
    ),
    errors.RateLimited: _Words(
        "{remote} limits the number of calls",
        f"Cartage slows down automatically. {_WAITS}",
        "Nothing, unless it persists: then check what else calls with these credentials, and the lane's limits.",
    ),
    errors.RemoteUnavailable: _Words(
        "{remote} failed to respond: {what}",
        _WAITS,
        "Nothing, unless it persists: then check that {remote} is up.",
    ),
    errors.RemoteDown: _Words(
        "{remote} is {what}",
        f"No run calls it before then. {_WAITS}",
        "Check that {remote} is up. Nothing needs to be restarted.",
    ),
    errors.MalformedResponse: _Words(
        "{remote} sent a response that cannot be read: {what}",
        _WAITS,
        "If it persists, open its address in a browser: a maintenance page or a proxy may respond instead.",
    ),
    errors.NotFound: _Words(
        "{remote} does not have what was requested",
        "The task stopped there; other orders continue with its next try.",
        _REPORT,
    ),
    errors.StaleVersion: _Words(
        "{remote} changed something that Cartage was about to change",
        "Nothing was overwritten. The next run uses the newer version.",
        "Nothing, unless it persists.",
    ),
    errors.Refused: _Words(
        "{remote} refused a request",
        "Nothing was changed there. What was refused waits.",
        "Read the reason in the task's log.",
    ),
    errors.ReferenceConflict: _Words(
        "{remote} has one of our references with different content",
        "The order is not sent again, so that nothing ships twice. Other orders continue.",
        "Compare the order in both systems; the task's log names it.",
    ),
    errors.OutcomeUnknown: _Words(
        "{remote} may or may not have carried out a change: {what}",
        "It is not repeated blindly: the next run asks {remote} first.",
        "Nothing, unless an alert says that the outcome stays unknown.",
    ),
}

_ENGINE: dict[type[CartageError], _Words] = {
    errors.TransitionRefused: _Words(
        "An order had already changed state when this run reached it",
        "Another run was faster, or a person acted. Nothing was done twice.",
        "Nothing, unless it happens again.",
    ),
    errors.LeaseLost: _Words(
        "A run held an order longer than its claim lasts, and released it without sending it",
        f"Nothing was sent. {_WAITS}",
        "If it happens again, increase limits.lease of the lane, or find out why the machine is slow.",
    ),
    errors.LedgerError: _Words("The ledger refused a step", _WAITS, _REPORT),
    errors.ConnectorFailed: _Words(
        "The warehouse's connector fails on order after order",
        "The transfer stopped, so that the other orders stay ready. Those on which it failed are blocked, or the "
        "warehouse is asked whether it has them.",
        "Report it with the task's log, which has the details, and update the connector. Then retry the blocked orders "
        "at the desk.",
    ),
    errors.NotSupported: _Words(
        "The warehouse's connector does not support this action",
        "Nothing was done. Everything else continues.",
        "See docs/lanes.md for what the connector supports.",
    ),
}

_BUSY = _Words(
    "Two runs waited for each other in the ledger, and PostgreSQL ended one of them",
    f"The statement changed nothing. {_WAITS}",
    "Nothing, unless it happens often: then report it with the task's log.",
)
# The driver's own errors, by class name: SQLAlchemy calls each of them an OperationalError, as it does a ledger that is
# not available.
DATABASE_FAILURES: dict[str, _Words] = {
    "QueryCanceled": _Words(
        "A statement on the ledger ran longer than its time limit, and was stopped",
        f"PostgreSQL is up; the statement changed nothing. {_WAITS}",
        "If it happens again, check that PostgreSQL is not overloaded and that autovacuum runs, and report it with the "
        "task's log, which has the statement.",
    ),
    "DeadlockDetected": _BUSY,
    "SerializationFailure": _BUSY,
    "LockNotAvailable": _BUSY,
    "IdleInTransactionSessionTimeout": _Words(
        "A task paused inside a transaction on the ledger for too long, and was cut off",
        f"The transaction changed nothing. {_WAITS}",
        "If it happens again, find out why the machine is slow, and report it with the task's log.",
    ),
    "DiskFull": _Words(
        "The ledger's database has no disk space left",
        f"Without the ledger nothing is sent. {_WAITS}",
        "Free disk space on PostgreSQL's machine.",
    ),
    "TooManyConnections": _Words(
        "The ledger's database accepts no more connections",
        f"Without the ledger nothing is sent. {_WAITS}",
        "Increase max_connections of PostgreSQL, put PgBouncer before it, or run fewer tasks at once.",
    ),
    "ProgramLimitExceeded": _Words("The ledger's database refused a value or statement", _WAITS, _REPORT),
}

# Errors of other packages by class name, so that neither Airflow nor SQLAlchemy is imported here.
_FOREIGN: dict[str, _Words] = {
    "AirflowTaskTimeout": _Words(
        "The task ran longer than its time limit",
        f"It was stopped; completed work is kept. {_WAITS}",
        "If it happens again, see in its log what was slow, or increase limits.task_timeout of the lane.",
    ),
    "OperationalError": _Words(
        "The ledger's database is not available",
        f"Without the ledger nothing is sent. {_WAITS}",
        "Check that PostgreSQL is up, and that CARTAGE_LEDGER_URL or the connection cartage_ledger is correct.",
    ),
}

_UNEXPECTED = _Words("Unexpected failure: {what}", _WAITS, _REPORT)


def explain(error: BaseException) -> Explanation:
    """Return what an error means. Search its groups and causes for the first error that has texts."""
    for candidate in _candidates(error):
        words = _words(candidate)
        if words:
            return _filled(words, candidate)
    return _filled(_UNEXPECTED, error)


def _candidates(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, then the errors that it groups and its cause. Each occurs once, so that a cycle ends."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += current.exceptions if isinstance(current, BaseExceptionGroup) else []
        pending += [current.__cause__] if current.__cause__ else []


def _words(error: BaseException) -> _Words | None:
    if isinstance(error, SettingsError):
        return _Words(
            f"Wrong settings: {error.subject}",
            "Nothing that needs these settings runs until they are fixed. Orders wait; none is lost.",
            " ".join(line.strip() for line in error.mistakes),
        )
    words = DATABASE_FAILURES.get(type(getattr(error, "orig", None)).__name__)
    if words:
        return words
    for kind in type(error).__mro__:
        words = _REMOTE.get(kind) or _ENGINE.get(kind) or _FOREIGN.get(kind.__name__)
        if words:
            return words
    return None


def _filled(words: _Words, error: BaseException) -> Explanation:
    """Insert the error's own values. Without `format`, because a remote's text may contain braces."""
    remote = error.remote if isinstance(error, RemoteError) else ""
    what = error.what if isinstance(error, RemoteError) else type(error).__name__
    own_fix = error.fix if isinstance(error, RemoteError) else ""

    def fill(text: str) -> str:
        return text.replace("{remote}", remote).replace("{what}", what)

    return Explanation(fill(words.title), fill(words.meaning), own_fix or fill(words.fix))
