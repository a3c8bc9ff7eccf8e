"""Exceptions: orders that need a person's decision, the choices, and what each choice means.

An exception is about one order and is decided by a person. A cause, in contrast, blocks any number of orders, is fixed
outside Cartage, and needs no decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

# The name recorded if the lane's settings decided, not a person.
BY_POLICY = "the lane's settings"


class ExceptionKind(StrEnum):
    """Every kind of exception. The manual has a section for each."""

    CANCELLED_AFTER_TRANSFER = "cancelled_after_transfer"
    HELD_AFTER_TRANSFER = "held_after_transfer"
    EDITED_AFTER_TRANSFER = "edited_after_transfer"
    PUT_BACK = "put_back"
    SENT_OR_NOT = "sent_or_not"
    DIFFERS_AT_WAREHOUSE = "differs_at_warehouse"
    CANCELLED_AT_WAREHOUSE = "cancelled_at_warehouse"
    CANCELLED_BY_WAREHOUSE = "cancelled_by_warehouse"
    REJECTED_BY_WAREHOUSE = "rejected_by_warehouse"
    SHIPPED_DIFFERENTLY = "shipped_differently"
    LABEL_VOIDED = "label_voided"


class Choice(StrEnum):
    """What a person can decide."""

    CANCEL = "cancel"
    RESEND = "resend"
    RESTORE = "restore"
    HANDLED = "handled"
    IGNORE = "ignore"
    SEND = "send"
    ACCEPT = "accept"
    DROP = "drop"


# Exceptions about a fulfillment order in state `conflict`: ledger and warehouse disagree.
CONFLICTS = frozenset(
    {
        ExceptionKind.SENT_OR_NOT,
        ExceptionKind.DIFFERS_AT_WAREHOUSE,
        ExceptionKind.CANCELLED_AT_WAREHOUSE,
        ExceptionKind.REJECTED_BY_WAREHOUSE,
    }
)

# Decisions after which nothing is left to do, unless the order is in conflict.
_FINAL = frozenset({Choice.HANDLED, Choice.IGNORE})


def is_final(kind: ExceptionKind, choice: Choice) -> bool:
    """Return whether nothing is left to do after this decision. An order in conflict still has to move."""
    return choice in _FINAL and kind not in CONFLICTS


MEANINGS: Mapping[Choice, str] = {
    Choice.CANCEL: "cancel it at the warehouse",
    Choice.RESEND: "cancel what the warehouse has, and send the order again under a new reference",
    Choice.RESTORE: "set the store's status forward again, to the one that was posted",
    Choice.HANDLED: "a person has dealt with it; nothing more is done",
    Choice.IGNORE: "leave everything as it is",
    Choice.SEND: "send it under the same reference, after asking the warehouse for it again",
    Choice.ACCEPT: "what the warehouse has under the reference, or has shipped, is this order completely",
    Choice.DROP: "do not ship it from here, now or later",
}

CHOICES: Mapping[ExceptionKind, tuple[Choice, ...]] = {
    ExceptionKind.CANCELLED_AFTER_TRANSFER: (Choice.CANCEL, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.HELD_AFTER_TRANSFER: (Choice.CANCEL, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.EDITED_AFTER_TRANSFER: (Choice.RESEND, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.PUT_BACK: (Choice.RESEND, Choice.RESTORE, Choice.IGNORE),
    ExceptionKind.SENT_OR_NOT: (Choice.SEND, Choice.ACCEPT, Choice.DROP),
    ExceptionKind.DIFFERS_AT_WAREHOUSE: (Choice.ACCEPT, Choice.RESEND, Choice.DROP),
    ExceptionKind.CANCELLED_AT_WAREHOUSE: (Choice.RESEND, Choice.DROP),
    ExceptionKind.CANCELLED_BY_WAREHOUSE: (Choice.RESEND, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.REJECTED_BY_WAREHOUSE: (Choice.RESEND, Choice.DROP, Choice.HANDLED),
    ExceptionKind.SHIPPED_DIFFERENTLY: (Choice.ACCEPT, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.LABEL_VOIDED: (Choice.HANDLED, Choice.IGNORE),
}
