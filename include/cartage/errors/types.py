"""Every error that the engine raises, split by what its caller does next.

CartageError
├── SettingsError        a settings file, lane or connection is wrong; all of its mistakes at once
├── NotSupported         a connector was asked for what it does not claim
├── LedgerError
│   ├── TransitionRefused  no row moved: another run was faster, or the move is not allowed
│   └── LeaseLost          the claim on an order ran out before the request left
└── RemoteError          a call to a store or warehouse failed
    ├── NotSent            it never left this machine: safe to try again
    ├── RateLimited        refused for pace: not carried out, safe to try again later
    ├── RemoteUnavailable  a read failed, or a write was refused before it had an effect: try again later
    │   └── RemoteDown       it has failed repeatedly: nobody calls it before the next probe
    ├── MalformedAnswer    a read was answered with something that is not an answer
    ├── AuthFailed         401: the credentials
    ├── PermissionDenied   403: the rights of the credentials
    ├── NotFound           404 for one thing
    ├── StaleVersion       412, 428: the remote's copy has moved on
    ├── Refused            the request itself is not acceptable; names the problems
    ├── ReferenceConflict  the warehouse has our reference with other content: a person decides
    └── OutcomeUnknown     a write may or may not have been carried out: ask, never repeat blindly
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage.errors.response import RawResponse

if TYPE_CHECKING:
    from cartage.errors.problems import Problem


class CartageError(Exception):
    """Base of all errors of the engine. `str` says what happened, where, and what to do."""


class SettingsError(CartageError):
    """Settings are wrong. `mistakes` has one line each, with place and mend."""

    def __init__(self, subject: str, mistakes: Sequence[str]) -> None:
        self.subject = subject
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join([f"{subject}: {len(self.mistakes)} mistake(s)", *self.mistakes]))


class NotSupported(CartageError):
    """A connector does not claim this capability."""


class LedgerError(CartageError):
    """The ledger refused a step."""


class TransitionRefused(LedgerError):
    """No row moved: the order is not in a state from which this move is allowed."""


class LeaseLost(LedgerError):
    """The claim on this order is no longer ours, or has too little time left for a request."""


class RemoteError(CartageError):
    """A call to a store or warehouse failed.

    `remote` names the system ("3dcart store demo-outfitters", "Extensiv"), `operation` the call
    ("GET /Orders", without query), `status` the HTTP status if one came, `mend` what an operator should do.
    `circuit` names the remote in the ledger where its failures are counted, set by who counted this one. `answer` is
    what came back as it was, if anything did and whoever called kept it.
    """

    circuit: str = ""
    response: RawResponse | None = None

    def __init__(
        self,
        remote: str,
        operation: str,
        what: str,
        *,
        fix: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.remote = remote
        self.operation = operation
        self.what = what
        self.fix = fix
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(self._text())

    def _text(self) -> str:
        status = f" (HTTP {self.status})" if self.status is not None else ""
        request_id = f" [request {self.request_id}]" if self.request_id else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.remote}: {self.operation}{status}: {self.what}{request_id}.{fix}"


class NotSent(RemoteError):
    """The request never left: refused connection, unknown host, failed TLS, connect timeout."""


class RateLimited(RemoteError):
    """The remote refused for pace and did nothing; `retry_after` in seconds if it said so."""


class RemoteUnavailable(RemoteError):
    """The remote could not answer a call that is safe to repeat."""


class RemoteDown(RemoteUnavailable):
    """Nobody was called: the remote has failed repeatedly, and the time of the next probe has not come."""


class MalformedResponse(RemoteError):
    """A read was answered with a body that is no valid answer (HTML, truncated, not JSON)."""


class AuthFailed(RemoteError):
    """The remote does not accept the credentials."""


class PermissionDenied(RemoteError):
    """The credentials are valid, but lack the right for this call."""


class NotFound(RemoteError):
    """The one thing asked for does not exist."""


class StaleVersion(RemoteError):
    """The remote's copy changed since it was read (If-Match failed)."""


class ReferenceConflict(RemoteError):
    """The warehouse has an order under our reference whose content is not ours."""


class OutcomeUnknown(RemoteError):
    """A write may have been carried out. Never repeated blindly: the remote is asked first."""


class Refused(RemoteError):
    """The remote refused the content of a request, for the reasons in `problems`; nothing was done."""

    def __init__(
        self,
        remote: str,
        operation: str,
        what: str,
        *,
        problems: Sequence[Problem] = (),
        fix: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        self.problems = tuple(problems)
        super().__init__(remote, operation, what, fix=fix, status=status, request_id=request_id)
