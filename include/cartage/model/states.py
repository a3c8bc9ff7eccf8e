"""The states of a fulfillment order and the moves between them. The one place that says which are allowed."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a fulfillment order stands."""

    IMPORTED = "imported"  # read from the store, not yet checked
    BLOCKED = "blocked"  # has causes that a person must mend
    HELD = "held"  # waits, with a reason and until a time
    READY = "ready"  # checked, may be sent
    SENDING = "sending"  # intent committed; the request may leave at any moment
    UNKNOWN = "unknown"  # the outcome of a send was not seen; settled by asking
    ACKNOWLEDGED = "acknowledged"  # the warehouse has it
    PARTIALLY_SHIPPED = "partially_shipped"  # some of it has shipped
    SHIPPED = "shipped"  # all of it has shipped
    CANCELLED = "cancelled"  # cancelled at the warehouse, or before it was sent
    SKIPPED = "skipped"  # not ours to ship, with the reason; may become imported later
    REJECTED = "rejected"  # refused by the warehouse, beyond any mend here
    CONFLICT = "conflict"  # ledger and outside disagree; a person decides


S = State

# from -> to. A move that is not here does not exist; a test draws docs/states.md from this.
TRANSITIONS: dict[State, frozenset[State]] = {
    S.IMPORTED: frozenset({S.READY, S.BLOCKED, S.HELD, S.SKIPPED, S.CONFLICT, S.IMPORTED}),
    S.BLOCKED: frozenset({S.READY, S.BLOCKED, S.HELD, S.IMPORTED, S.SKIPPED, S.CONFLICT}),
    S.HELD: frozenset({S.IMPORTED, S.HELD, S.SKIPPED, S.CONFLICT}),
    S.READY: frozenset({S.SENDING, S.IMPORTED, S.BLOCKED, S.HELD, S.SKIPPED, S.CONFLICT}),
    S.SENDING: frozenset({S.ACKNOWLEDGED, S.UNKNOWN, S.READY, S.BLOCKED, S.REJECTED, S.CONFLICT}),
    S.UNKNOWN: frozenset({S.ACKNOWLEDGED, S.READY, S.CANCELLED, S.CONFLICT}),
    S.ACKNOWLEDGED: frozenset({S.PARTIALLY_SHIPPED, S.SHIPPED, S.CANCELLED, S.CONFLICT}),
    # Back again, where the warehouse takes back what it had reported.
    S.PARTIALLY_SHIPPED: frozenset({S.SHIPPED, S.ACKNOWLEDGED, S.CONFLICT}),
    S.SHIPPED: frozenset({S.PARTIALLY_SHIPPED, S.ACKNOWLEDGED, S.CONFLICT}),
    S.CANCELLED: frozenset(),
    S.SKIPPED: frozenset({S.IMPORTED, S.SKIPPED, S.CONFLICT}),
    S.REJECTED: frozenset({S.IMPORTED, S.SKIPPED}),
    S.CONFLICT: frozenset({S.ACKNOWLEDGED, S.READY, S.CANCELLED, S.SKIPPED}),
}

# Not at the warehouse, and no request can be under way: the order follows the store.
UNSENT = frozenset({S.IMPORTED, S.BLOCKED, S.HELD, S.READY, S.SKIPPED, S.REJECTED})
# The warehouse has it.
AT_WAREHOUSE = frozenset({S.ACKNOWLEDGED, S.PARTIALLY_SHIPPED, S.SHIPPED})
# Counts for the status that the store is told; the others are no part of what will ship.
LIVE = frozenset(S) - {S.CANCELLED, S.SKIPPED}


def sources(to: State) -> list[str]:
    """The states from which `to` may be entered."""
    return sorted(state.value for state, targets in TRANSITIONS.items() if to in targets)
