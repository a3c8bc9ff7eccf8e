"""The states of a fulfillment order and the transitions that are allowed between them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of a fulfillment order."""

    IMPORTED = "imported"  # read from the store, not yet checked
    BLOCKED = "blocked"  # has causes that a person must fix
    HELD = "held"  # waits until a time, for a reason
    READY = "ready"  # checked, can be sent
    SENDING = "sending"  # intent committed; the request may leave at any time
    UNKNOWN = "unknown"  # the outcome of a request was not seen; settled by asking the warehouse
    ACKNOWLEDGED = "acknowledged"  # the warehouse has it
    PARTIALLY_SHIPPED = "partially_shipped"  # a part of it has shipped
    SHIPPED = "shipped"  # all of it has shipped
    CANCELLED = "cancelled"  # cancelled at the warehouse, or before it was sent
    SKIPPED = "skipped"  # not to be shipped, for a reason; may become imported later
    REJECTED = "rejected"  # refused by the warehouse; cannot be fixed here
    CONFLICT = "conflict"  # ledger and warehouse disagree; a person decides


S = State

# from -> to. Other transitions do not exist. The diagram in docs/states.md is drawn from this.
TRANSITIONS: dict[State, frozenset[State]] = {
    S.IMPORTED: frozenset({S.READY, S.BLOCKED, S.HELD, S.SKIPPED, S.CONFLICT, S.IMPORTED}),
    S.BLOCKED: frozenset({S.READY, S.BLOCKED, S.HELD, S.IMPORTED, S.SKIPPED, S.CONFLICT}),
    S.HELD: frozenset({S.IMPORTED, S.HELD, S.SKIPPED, S.CONFLICT}),
    S.READY: frozenset({S.SENDING, S.IMPORTED, S.BLOCKED, S.HELD, S.SKIPPED, S.CONFLICT}),
    S.SENDING: frozenset({S.ACKNOWLEDGED, S.UNKNOWN, S.READY, S.IMPORTED, S.BLOCKED, S.REJECTED, S.CONFLICT}),
    S.UNKNOWN: frozenset({S.ACKNOWLEDGED, S.READY, S.BLOCKED, S.CANCELLED, S.CONFLICT}),
    S.ACKNOWLEDGED: frozenset({S.PARTIALLY_SHIPPED, S.SHIPPED, S.CANCELLED, S.CONFLICT}),
    # Also backwards, if the warehouse withdraws what it reported.
    S.PARTIALLY_SHIPPED: frozenset({S.SHIPPED, S.ACKNOWLEDGED, S.CONFLICT}),
    S.SHIPPED: frozenset({S.PARTIALLY_SHIPPED, S.ACKNOWLEDGED, S.CONFLICT}),
    S.CANCELLED: frozenset(),
    S.SKIPPED: frozenset({S.IMPORTED, S.SKIPPED, S.CONFLICT}),
    S.REJECTED: frozenset({S.IMPORTED, S.SKIPPED}),
    S.CONFLICT: frozenset({S.ACKNOWLEDGED, S.READY, S.CANCELLED, S.SKIPPED}),
}

# Not at the warehouse, and no request can be in progress: the order follows the store.
UNSENT = frozenset({S.IMPORTED, S.BLOCKED, S.HELD, S.READY, S.SKIPPED, S.REJECTED})
# The warehouse has it.
AT_WAREHOUSE = frozenset({S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED, S.SHIPPED})
# Counts for the status that is posted to the store; the others will not ship.
LIVE = frozenset(S) - {S.CANCELLED, S.SKIPPED}


def sources(to: State) -> list[str]:
    """Return the states from which `to` can be entered."""
    return sorted(state.value for state, targets in TRANSITIONS.items() if to in targets)
