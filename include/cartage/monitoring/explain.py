"""A failure in the operator's words: what happened, what it means for orders, and what to do.

An unforeseen error's own text stays in the log: it may hold an order's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cartage import errors
from cartage.errors import CartageError, RemoteError, SettingsError

_WAITS = (
    "Orders wait in the ledger; none is lost and none is sent twice. The next run takes them up by itself."
)
_CREDENTIALS = "Check the credentials of its connection in Airflow (Admin > Connections)."
_REPORT = "Read the task's log. If it comes again, report it with that log."


@dataclass(frozen=True, slots=True)
class Explanation:
    """One failure: `title` is one sentence, `meaning` what it does to orders, `mend` what to do."""

    title: str
    meaning: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Words:
    """`{remote}` and `{what}` stand for the error's own; an error's own mend wins over `mend`."""

    title: str
    meaning: str
    fix: str


_REMOTE: dict[type[RemoteError], _Words] = {
    errors.AuthFailed: _Words(
        "{remote} does not accept the credentials",
        "Nothing is read from it or sent to it until they are right. Orders wait; none is lost.",
        _CREDENTIALS,
    ),
    errors.PermissionDenied: _Words(
        "The credentials of {remote} lack a right that Cartage needs",
        "What needs that right does not happen until it is granted. Orders wait; none is lost.",
        "Grant the right to the credentials of its connection, on the side of {remote}.",
    ),
    errors.NotSent: _Words(
        "{remote} could not be reached: {what}",
        f"Nothing left this machine. {_WAITS}",
        "Check the host of its connection, the network, and whether {remote} is up.",
    ),
    errors.RateLimited: _Words(
        "{remote} asks for fewer calls",
        f"Cartage slows down by itself. {_WAITS}",
        "Nothing, unless it lasts: then see who else calls with these credentials, and the lane's limits.",
    ),
    errors.RemoteUnavailable: _Words(
        "{remote} did not answer: {what}",
        _WAITS,
        "Nothing, unless it lasts: then ask whether {remote} is up.",
    ),
    errors.RemoteDown: _Words(
        "{remote} is {what}",
        f"No run calls it before then. {_WAITS} What has waited goes on when it answers again.",
        "Ask whether {remote} is up. Nothing needs to be restarted.",
    ),
    errors.MalformedResponse: _Words(
        "{remote} answered with something that is no answer: {what}",
        _WAITS,
        "If it lasts, open its address in a browser: a maintenance page or a proxy may stand before it.",
    ),
    errors.NotFound: _Words(
        "{remote} does not have what was asked for",
        "The task stopped there; other orders go on with its next try.",
        _REPORT,
    ),
    errors.StaleVersion: _Words(
        "{remote} changed something while Cartage was about to change it",
        "Nothing was overwritten. The next run works with the newer version.",
        "Nothing, unless it lasts.",
    ),
    errors.Refused: _Words(
        "{remote} refused a request",
        "Nothing was done there. What was refused waits.",
        "Read the reason in the task's log.",
    ),
    errors.ReferenceConflict: _Words(
        "{remote} has one of our references with other content",
        "The order is not sent again, so that nothing ships twice. Other orders go on.",
        "Compare the order in both systems; the task's log names it.",
    ),
    errors.OutcomeUnknown: _Words(
        "{remote} may or may not have carried out a change: {what}",
        "It is not repeated blindly: the next run asks {remote} first, and settles it.",
        "Nothing, unless an alert says that it stays unknown.",
    ),
}

_ENGINE: dict[type[CartageError], _Words] = {
    errors.TransitionRefused: _Words(
        "An order had already moved on when this run reached it",
        "Another run was faster, or a person acted. Nothing was done twice.",
        "Nothing, unless it comes again.",
    ),
    errors.LeaseLost: _Words(
        "A run held an order longer than its claim lasts, and let go of it unsent",
        f"Nothing was sent. {_WAITS}",
        "If it comes again, lengthen limits.lease of the lane, or look why the machine is slow.",
    ),
    errors.LedgerError: _Words("The ledger refused a step", _WAITS, _REPORT),
    errors.NotSupported: _Words(
        "The warehouse's connector cannot do what was asked of it",
        "Nothing was done. Everything else goes on.",
        "See docs/lanes.md for what the connector offers.",
    ),
}

# Failures of others, by the names of their classes: neither Airflow nor SQLAlchemy is imported here.
_FOREIGN: dict[str, _Words] = {
    "AirflowTaskTimeout": _Words(
        "The task ran longer than it may",
        f"It was stopped; what it had done is kept. {_WAITS}",
        "If it comes again, see what was slow in its log, or lengthen limits.task_timeout of the lane.",
    ),
    "OperationalError": _Words(
        "The ledger's database could not be used",
        f"Without the ledger nothing is sent. {_WAITS}",
        "Check that PostgreSQL is up, and CARTAGE_LEDGER_URL or the connection cartage_ledger.",
    ),
}

_UNFORESEEN = _Words("An unforeseen failure: {what}", _WAITS, _REPORT)


def explain(error: BaseException) -> Explanation:
    """Say what an error means. Looks through groups and causes for the first that it has words for."""
    for candidate in _candidates(error):
        words = _words(candidate)
        if words:
            return _filled(words, candidate)
    return _filled(_UNFORESEEN, error)


def _candidates(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it groups and what caused it; each once, so that a ring ends."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += current.exceptions if isinstance(current, BaseExceptionGroup) else []
        waiting += [current.__cause__] if current.__cause__ else []


def _words(error: BaseException) -> _Words | None:
    if isinstance(error, SettingsError):
        return _Words(
            f"Wrong settings: {error.subject}",
            "Whatever needs these settings does not run until they are right. Orders wait; none is lost.",
            " ".join(line.strip() for line in error.mistakes),
        )
    for kind in type(error).__mro__:
        words = _REMOTE.get(kind) or _ENGINE.get(kind) or _FOREIGN.get(kind.__name__)
        if words:
            return words
    return None


def _filled(words: _Words, error: BaseException) -> Explanation:
    """Put the error's own words in. Not by `format`: what a remote said may hold braces."""
    remote = error.remote if isinstance(error, RemoteError) else ""
    what = error.what if isinstance(error, RemoteError) else type(error).__name__
    own_fix = error.fix if isinstance(error, RemoteError) else ""

    def fill(text: str) -> str:
        return text.replace("{remote}", remote).replace("{what}", what)

    return Explanation(fill(words.title), fill(words.meaning), own_fix or fill(words.fix))
