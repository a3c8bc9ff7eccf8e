"""What a person is asked about an order: the kinds of exception, and what each choice means.

An exception is a question about one order that Cartage must not answer by itself. A cause, in contrast, stops many
orders and is mended outside; it asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

# Who is named where the lane's settings answered, and no person.
BY_POLICY = "the lane's settings"


class ExceptionKind(StrEnum):
    """Every kind of question. The manual has a section for each."""

    CANCELLED_AFTER_TRANSFER = "cancelled_after_transfer"
    HELD_AFTER_TRANSFER = "held_after_transfer"
    EDITED_AFTER_TRANSFER = "edited_after_transfer"
    PUT_BACK = "put_back"
    SENT_OR_NOT = "sent_or_not"
    DIFFERS_AT_WAREHOUSE = "differs_at_warehouse"
    CANCELLED_AT_WAREHOUSE = "cancelled_at_warehouse"
    CANCELLED_BY_WAREHOUSE = "cancelled_by_warehouse"
    SHIPPED_DIFFERENTLY = "shipped_differently"
    LABEL_VOIDED = "label_voided"


class Choice(StrEnum):
    """What may be answered."""

    CANCEL = "cancel"
    RESEND = "resend"
    RESTORE = "restore"
    HANDLED = "handled"
    IGNORE = "ignore"
    SEND = "send"
    ACCEPT = "accept"
    DROP = "drop"


# About one fulfillment order whose state is `conflict`: ledger and warehouse disagree.
CONFLICTS = frozenset(
    {
        ExceptionKind.SENT_OR_NOT,
        ExceptionKind.DIFFERS_AT_WAREHOUSE,
        ExceptionKind.CANCELLED_AT_WAREHOUSE,
    }
)

# Nothing is left to be carried out once one of these was answered.
FINAL = frozenset({Choice.HANDLED, Choice.IGNORE})

MEANINGS: Mapping[Choice, str] = {
    Choice.CANCEL: "cancel it at the warehouse",
    Choice.RESEND: "cancel what the warehouse has, and send the order anew under a new reference",
    Choice.RESTORE: "set the store's status forward again, to what it was told",
    Choice.HANDLED: "a person has dealt with it; nothing more is done",
    Choice.IGNORE: "leave everything as it is",
    Choice.SEND: "send it under the same reference, once the warehouse was asked for it again",
    Choice.ACCEPT: "what the warehouse has under our reference, or has shipped of it, is the whole of this order",
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
    ExceptionKind.SHIPPED_DIFFERENTLY: (Choice.ACCEPT, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.LABEL_VOIDED: (Choice.HANDLED, Choice.IGNORE),
}
