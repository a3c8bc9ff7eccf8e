"""What every Cartage task starts from: retries, timeouts, notifiers and pool, as `default_args` of a DAG."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from cartage.errors import (
    AuthFailed,
    ConnectorFailed,
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
from cartage.lanes import get_lane
from cartage_airflow.alarms import CartageNotifier, log_failure

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

RETRIES = 3
RETRY_DELAY = timedelta(seconds=30)
_MAX_RETRY_DELAY = timedelta(minutes=10)
# Names the Airflow pool of all tasks. It must exist: Airflow never starts a task of an unknown pool.
POOL_VARIABLE = "CARTAGE_POOL"
# A cron in UTC.
REPORTS_VARIABLE = "CARTAGE_REPORTS_CRON"
_MONDAY_MORNING = "0 11 * * 1"

# Airflow resolves a dotted path in the worker, so parsing a DAG imports no database driver.
_DATABASE_FAILURES = ["sqlalchemy.exc.OperationalError", "sqlalchemy.exc.InterfaceError"]


def default_args(lane: Lane | str) -> dict[str, Any]:
    """Return the `default_args` of a DAG whose tasks work for a lane, as Cartage's own DAGs use them.

    They hold `lane` itself, the retry policy with three retries, the lane's `limits.task_timeout` as
    `execution_timeout`, the notifier of the lane's alert channels, and the pool that `CARTAGE_POOL` names. Override a
    single entry with `default_args("demo") | {"retries": 0}`.

    :param lane: A lane, or the name of a lane in lanes.yaml.

    Raises:
        SettingsError: If lanes.yaml has no valid lane of this name.
    """
    found = get_lane(lane) if isinstance(lane, str) else lane
    return {**shared_args(), "lane": found.name, "execution_timeout": found.limits.task_timeout}


def shared_args() -> dict[str, Any]:
    """Return those `default_args` that are the same for every lane."""
    return {
        "owner": "cartage",
        "pool": task_pool(),
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": _MAX_RETRY_DELAY,
        "retry_policy": retry_policy(),
        "on_retry_callback": [log_failure],
        "on_failure_callback": [CartageNotifier(), log_failure],
    }


def task_pool() -> str:
    """Return the Airflow pool of all tasks."""
    return os.environ.get(POOL_VARIABLE) or "default_pool"


def reports_cron() -> str:
    """Return when the weekly report is sent, in UTC.

    Raises:
        SettingsError: if the environment's value is no cron expression.
    """
    from pydantic import TypeAdapter, ValidationError

    from cartage.lanes.kinds import Cron

    value = os.environ.get(REPORTS_VARIABLE, "").strip() or _MONDAY_MORNING
    try:
        found: str = TypeAdapter(Cron).validate_python(value)
    except ValidationError:
        fix = f"  {value!r} is not a cron expression; write five fields, such as '{_MONDAY_MORNING}' (UTC)."
        raise SettingsError(REPORTS_VARIABLE, [fix]) from None
    return found


def retry_policy() -> ExceptionRetryPolicy:
    """Return the retry policy of every task. The first rule that matches (subclasses included) decides.

    Only failures that may pass by themselves are retried. What a person must fix fails at the first try. A retry never
    sends an order twice: every stage continues from the ledger.
    """
    return ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=[SettingsError, AuthFailed, PermissionDenied, NotSupported, ConnectorFailed],
                action=RetryAction.FAIL,
                reason="A person has to fix this; a retry would change nothing.",
            ),
            RetryRule(
                exception=RemoteDown,
                action=RetryAction.FAIL,
                reason="The remote is known to be down and was not called; a later run tries it.",
            ),
            RetryRule(
                exception=RateLimited,
                retry_delay=timedelta(minutes=1),
                reason="The remote asked for a slower pace.",
            ),
            RetryRule(
                exception=[NotSent, RemoteUnavailable, MalformedResponse],
                retry_delay=RETRY_DELAY,
                reason="The remote may respond again soon.",
            ),
            RetryRule(
                exception=OutcomeUnknown,
                retry_delay=RETRY_DELAY,
                reason="The outcome was not seen; the next try asks the remote before it sends.",
            ),
            RetryRule(
                exception=[LedgerError, *_DATABASE_FAILURES],
                retry_delay=timedelta(seconds=10),
                reason="The ledger may be reachable again soon, or another run was faster.",
            ),
        ]
    )
