"""Every error that the engine raises, by what its caller does next.

CartageError
├── SettingsError        a settings file, lane or connection is wrong; has all mistakes
├── NotSupported         a connector does not have this capability
├── ConnectorFailed      a connector fails on order after order: it must be fixed first
├── LedgerError
│   ├── TransitionRefused  no row moved: another run was faster, or the transition is not allowed
│   └── LeaseLost          the claim on an order ended before the request left
└── RemoteError          a call to a store or warehouse failed
    ├── NotSent            it never left this machine: safe to retry
    ├── RateLimited        too many calls: not carried out, safe to retry later
    ├── RemoteUnavailable  a read failed, or a write was refused before it had an effect: retry later
    │   └── RemoteDown       it has failed repeatedly: not called before the next probe
    ├── MalformedResponse  the response to a read is not valid
    ├── AuthFailed         401: wrong credentials
    ├── PermissionDenied   403: the credentials lack a permission
    ├── NotFound           404 for one record
    ├── StaleVersion       412, 428: the remote's copy has changed
    ├── Refused            the request itself was refused; names the problems
    ├── ReferenceConflict  the warehouse has the reference with other content: a person decides
    └── OutcomeUnknown     a write may or may not have been carried out: ask, never just retry
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage.errors.response import RawResponse
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.errors.problems import Problem


class CartageError(Exception):
    """Base class of all errors of the engine. `str` says what happened, where, and what to do."""


class SettingsError(CartageError):
    """Settings are wrong. `mistakes` has a line for each, with place and fix."""

    def __init__(self, subject: str, mistakes: Sequence[str]) -> None:
        self.subject = subject
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join([f"{subject}: {counted(len(self.mistakes), 'mistake')}", *self.mistakes]))


class NotSupported(CartageError):
    """The connector does not have this capability."""


class ConnectorFailed(CartageError):
    """A connector failed on so many orders in a row that the fault is in the connector, and not in the orders."""


class LedgerError(CartageError):
    """The ledger refused an operation."""


class TransitionRefused(LedgerError):
    """No row moved: the order is in no state from which this transition is allowed."""


class LeaseLost(LedgerError):
    """The run no longer holds the claim on the order, or the claim has too little time left for a request."""


class RemoteError(CartageError):
    """A call to a store or warehouse failed.

    `remote` names the system ("3dcart store demo-outfitters", "Extensiv"), `operation` the call
    ("GET /Orders", without query), `status` the HTTP status if any, `fix` what an operator should do.
    `circuit` is the remote's name in the ledger's table of circuits, set when this failure was counted there.
    `response` is the raw response, if there was one and the caller kept it.
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

    def name_warehouse(self, name: str) -> None:
        """Say at which of a lane's several warehouses it failed: another may be of the same vendor."""
        self.remote = f"{self.remote} (warehouse {name})"
        self.args = (self._text(),)

    def _text(self) -> str:
        status = f" (HTTP {self.status})" if self.status is not None else ""
        request_id = f" [request {self.request_id}]" if self.request_id else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.remote}: {self.operation}{status}: {self.what}{request_id}.{fix}"


class NotSent(RemoteError):
    """The request never left: refused connection, unknown host, failed TLS, connect timeout."""


class RateLimited(RemoteError):
    """The remote refused because of too many calls, and did nothing. `retry_after` is in seconds, if it sent one."""


class RemoteUnavailable(RemoteError):
    """The remote could not respond to a call that is safe to repeat."""


class RemoteDown(RemoteUnavailable):
    """The remote was not called: it has failed repeatedly, and its next probe is not due."""


class MalformedResponse(RemoteError):
    """The response to a read has an invalid body (HTML, truncated, not JSON)."""


class AuthFailed(RemoteError):
    """The remote does not accept the credentials."""


class PermissionDenied(RemoteError):
    """The credentials are valid, but do not have the permission for this call."""


class NotFound(RemoteError):
    """The requested record does not exist."""


class StaleVersion(RemoteError):
    """The remote's copy changed since it was read (If-Match failed)."""


class ReferenceConflict(RemoteError):
    """The warehouse has another order under the same reference."""


class OutcomeUnknown(RemoteError):
    """A write may have been carried out. It is never just retried: the remote is asked first."""


class Refused(RemoteError):
    """The remote refused the content of a request, for the reasons in `problems`, and did nothing."""

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
