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
    CANCELLED_BY_WAREHOUSE = "cancelled_by_warehouse"
    SHIPPED_DIFFERENTLY = "shipped_differently"
    LABEL_VOIDED = "label_voided"


class Choice(StrEnum):
    """What may be answered."""

    CANCEL = "cancel"
    RESEND = "resend"
    RESTORE = "restore"
    ACCEPT = "accept"
    HANDLED = "handled"
    IGNORE = "ignore"


# Nothing is left to be carried out once one of these was answered.
FINAL = frozenset({Choice.HANDLED, Choice.IGNORE})

MEANINGS: Mapping[Choice, str] = {
    Choice.CANCEL: "cancel it at the warehouse",
    Choice.RESEND: "cancel what the warehouse has, and send the order anew under a new reference",
    Choice.RESTORE: "set the store's status forward again, to what it was told",
    Choice.ACCEPT: "what has shipped is all that ships: the order counts as shipped in full",
    Choice.HANDLED: "a person has dealt with it; nothing more is done",
    Choice.IGNORE: "leave everything as it is",
}

CHOICES: Mapping[ExceptionKind, tuple[Choice, ...]] = {
    ExceptionKind.CANCELLED_AFTER_TRANSFER: (Choice.CANCEL, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.HELD_AFTER_TRANSFER: (Choice.CANCEL, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.EDITED_AFTER_TRANSFER: (Choice.RESEND, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.PUT_BACK: (Choice.RESEND, Choice.RESTORE, Choice.IGNORE),
    ExceptionKind.CANCELLED_BY_WAREHOUSE: (Choice.RESEND, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.SHIPPED_DIFFERENTLY: (Choice.ACCEPT, Choice.HANDLED, Choice.IGNORE),
    ExceptionKind.LABEL_VOIDED: (Choice.HANDLED, Choice.IGNORE),
}
