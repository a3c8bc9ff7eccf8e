"""Which failures Airflow tries again: the engine's error tree as an `ExceptionRetryPolicy`.

Only what may pass by itself is repeated; what a person must mend is red at the first try. A repeat never
sends an order twice: every stage goes on from the ledger.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from cartage.errors import (
    AuthFailed,
    LedgerError,
    MalformedResponse,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    RemoteDown,
    RemoteUnavailable,
    SettingsError,
)

RETRIES = 3
RETRY_DELAY = timedelta(seconds=30)

# Airflow resolves a dotted path in the worker, so that parsing a DAG imports no database driver.
_DATABASE_FAILURES = ["sqlalchemy.exc.OperationalError", "sqlalchemy.exc.InterfaceError"]


def retry_policy() -> ExceptionRetryPolicy:
    """The policy of every stage. The first rule that matches (subclasses included) decides."""
    return ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=[SettingsError, AuthFailed, PermissionDenied, NotSupported],
                action=RetryAction.FAIL,
                reason="A person has to mend this; trying again would change nothing.",
            ),
            RetryRule(
                exception=RemoteDown,
                action=RetryAction.FAIL,
                reason="It is known to be down, and nobody was called; a later run tries it.",
            ),
            RetryRule(
                exception=RateLimited,
                retry_delay=timedelta(minutes=1),
                reason="The remote asked for a slower pace.",
            ),
            RetryRule(
                exception=[NotSent, RemoteUnavailable, MalformedResponse],
                retry_delay=RETRY_DELAY,
                reason="The remote may answer again soon.",
            ),
            RetryRule(
                exception=OutcomeUnknown,
                retry_delay=RETRY_DELAY,
                reason="The outcome was not seen; the next try asks before it sends.",
            ),
            RetryRule(
                exception=[LedgerError, *_DATABASE_FAILURES],
                retry_delay=timedelta(seconds=10),
                reason="The ledger may answer again soon, or another run was faster.",
            ),
        ]
    )
