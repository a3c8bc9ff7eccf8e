"""The pace of calls to a remote: its limits as data, its headers, and buckets. The ledger has the shared buckets."""

from cartage.pace.account import NO_BUDGET, AccountBudget, RemoteBudget
from cartage.pace.buckets import Bucket, CallBudget
from cartage.pace.headers import retry_after
from cartage.pace.limits import NO_LIMITS, CallLimit, CallLimits, sliding_window
from cartage.pace.local import LocalBudget, LocalPause, open_local

__all__ = [
    "NO_BUDGET",
    "NO_LIMITS",
    "AccountBudget",
    "Bucket",
    "CallBudget",
    "CallLimit",
    "CallLimits",
    "LocalBudget",
    "LocalPause",
    "RemoteBudget",
    "open_local",
    "retry_after",
    "sliding_window",
]
