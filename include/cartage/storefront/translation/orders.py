"""Translate an order of the store into a `SalesOrder`. Pure, and total for any JSON value.

It applies no policy: discounts, complete bundles and lines with zero quantity are all kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import CheckoutQuestion, SalesOrder
from cartage.model.texts import label
from cartage.storefront.translation.groups import read_groups
from cartage.storefront.translation.reader import Reader
from cartage.storefront.wire import text
from cartage.storefront.wire.orders import NotAnOrder, kind_of, order_id_of


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry in the store's list that is not a readable order. It says what the entry is, never its content.

    `content_hash` identifies the fault, so that the same entry has the same hash each time it is read.
    """

    order_id: int | None
    problem: Problem
    what: str
    content_hash: str


def translate_order(raw: object, zone: ZoneInfo) -> SalesOrder | Unreadable:
    """Translate one entry of a list of orders. Never raises.

    A field of the wrong type is a problem of the order, named by its path, and is read as missing. Texts are
    plain and trimmed, times UTC (see `parse_store_time`), money exact. An entry without a readable OrderID is
    `Unreadable`.
    """
    if not isinstance(raw, Mapping):
        what = raw.what if isinstance(raw, NotAnOrder) else kind_of(raw)
        return _unreadable("entry", f"{what} instead of an order")
    order_id = order_id_of(raw)
    if order_id is None:
        return _unreadable("OrderID", "an order without a readable OrderID", _invoice(Reader(raw)))
    return _sales_order(order_id, raw, zone)


def _sales_order(order_id: int, entry: Mapping[str, object], zone: ZoneInfo) -> SalesOrder:
    reader = Reader(entry)
    email = text.single_line(reader.text("BillingEmail"))
    phone = text.single_line(reader.text("BillingPhoneNumber"))
    return SalesOrder(
        order_id=order_id,
        status_id=_status(reader),
        invoice=_invoice(reader),
        ordered_at=reader.time("OrderDate", zone),
        updated_at=reader.time("LastUpdate", zone),
        email=email,
        comments=text.html_to_text(reader.text("CustomerComments")),
        internal_comments=text.html_to_text(reader.text("InternalComments")),
        external_comments=text.html_to_text(reader.text("ExternalComments")),
        questions=_questions(reader),
        gift_certificate_only=_gift_certificates_alone(entry),
        amount=reader.number("OrderAmount"),
        groups=read_groups(reader, email=email, phone=phone),
        problems=tuple(reader.problems.values()),
    )


def _status(reader: Reader) -> int:
    status = reader.whole("OrderStatusID")
    # The range of PostgreSQL's integer. The known statuses are 1 to 19 (3dcart-api.md, section 5).
    if status is None or not 0 < status < 2**31:
        reader.fault("OrderStatusID", "an order status")
        return 0
    return status


def _questions(reader: Reader) -> tuple[CheckoutQuestion, ...]:
    """Return the checkout questions that were answered: the store lists them all (3dcart-api.md, section 4.2)."""
    asked = (
        CheckoutQuestion(label(row.text("QuestionTitle")), text.html_to_text(row.text("QuestionAnswer")))
        for row in reader.rows("QuestionList")
    )
    return tuple(question for question in asked if question.answer)


def _gift_certificates_alone(entry: Mapping[str, object]) -> bool:
    """Return whether every payment was a gift certificate. The store lists those as transactions, not discounts.

    A payment that cannot be read counts as another kind: how an order was paid is no reason to block it.
    """
    payments = entry.get("TransactionList")
    if not isinstance(payments, list) or not payments:
        return False
    return all(
        isinstance(payment, Mapping) and _is_gift(payment.get("TransactionMethod")) for payment in payments
    )


def _is_gift(method: object) -> bool:
    return isinstance(method, str) and method.strip().casefold() == "gift certificate"


def _invoice(reader: Reader) -> str:
    """Return the prefix and number; empty for number 0, which incomplete and imported orders have."""
    number = reader.whole("InvoiceNumber", 0)
    prefix = text.single_line(reader.text("InvoiceNumberPrefix"))
    return f"{prefix}{number}" if number else ""


def _unreadable(subject: str, fault: str, invoice: str = "") -> Unreadable:
    problem = Problem(
        ProblemKind.UNREADABLE_ORDER,
        subject,
        f"the store's list of orders has {fault}",
        "Look for a damaged order among the newest in 3dcart. If there is none, contact 3dcart's support.",
    )
    what = f"{fault}, invoice {invoice}" if invoice else fault
    return Unreadable(None, problem, what, hashlib.sha256(what.encode()).hexdigest())
