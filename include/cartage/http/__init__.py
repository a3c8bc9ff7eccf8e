"""HTTP to one remote: timeouts, masking, typed errors, and writes that leave in time or not at all."""

from cartage.http.deadline import deadline
from cartage.http.session import (
    REPEAT_READ,
    REPEAT_WRITE,
    TALLY,
    HttpResponse,
    HttpSession,
    Timeouts,
    retry_after,
)

__all__ = [
    "REPEAT_READ",
    "REPEAT_WRITE",
    "TALLY",
    "HttpResponse",
    "HttpSession",
    "Timeouts",
    "deadline",
    "retry_after",
]
