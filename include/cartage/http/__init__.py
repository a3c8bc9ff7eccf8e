"""HTTP to one remote: timeouts, retries, typed errors, and deadlines for writes."""

from cartage.http.session import (
    CALLS,
    RETRY_READ,
    RETRY_WRITE,
    HttpResponse,
    HttpSession,
    Timeouts,
)

__all__ = [
    "CALLS",
    "RETRY_READ",
    "RETRY_WRITE",
    "HttpResponse",
    "HttpSession",
    "Timeouts",
]
