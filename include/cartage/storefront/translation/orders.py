"""From the wire to the domain: one order of the store as a SalesOrder. Pure, and total for any JSON value.

It applies no policy: discounts, bundles in full and lines of zero quantity are kept as what they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import CheckoutQuestion, SalesOrder
from cartage.storefront.translation.groups import read_groups
from cartage.storefront.translation.reader import Reader
from cartage.storefront.wire import text
from cartage.storefront.wire.orders import NotAnOrder, kind_of, order_id_of


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of the store's list that is no order, with what it is instead, never with what it says.

    `content_hash` stands for the fault, so that the same one is the same in every reading.
    """

    order_id: int | None
    problem: Problem
    what: str
    content_hash: str


def translate_order(raw: object, zone: ZoneInfo) -> SalesOrder | Unreadable:
    """Translate one entry of a list of orders; never raises.

    Fields of a wrong type are the order's problems, named by their path, and read as absent. Texts are
    plain and trimmed, times UTC (see `times.read_time`), money exact. Without a readable OrderID it is
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
        comments=text.plain_text(reader.text("CustomerComments")),
        internal_comments=text.plain_text(reader.text("InternalComments")),
        external_comments=text.plain_text(reader.text("ExternalComments")),
        questions=_questions(reader),
        gift_certificate_only=_gift_certificates_alone(entry),
        amount=reader.number("OrderAmount"),
        groups=read_groups(reader, email=email, phone=phone),
        problems=tuple(reader.problems.values()),
    )


def _status(reader: Reader) -> int:
    status = reader.whole("OrderStatusID")
    # PostgreSQL's integer; the statuses known are 1 to 19 (3dcart-api.md, section 5).
    if status is None or not 0 < status < 2**31:
        reader.fault("OrderStatusID", "an order status")
        return 0
    return status


def _questions(reader: Reader) -> tuple[CheckoutQuestion, ...]:
    """The answered ones: the store lists every question of the checkout (3dcart-api.md, section 4.2)."""
    asked = (
        CheckoutQuestion(
            text.single_line(row.text("QuestionTitle")), text.plain_text(row.text("QuestionAnswer"))
        )
        for row in reader.rows("QuestionList")
    )
    return tuple(one for one in asked if one.answer)


def _gift_certificates_alone(entry: Mapping[str, object]) -> bool:
    """Whether every payment was a gift certificate, which the store has as a transaction, not as a discount.

    A payment that cannot be read is another one: how an order was paid is no reason to block it.
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
    """Prefix and number; empty for 0, which incomplete and imported orders have instead of a number."""
    number = reader.whole("InvoiceNumber", 0)
    prefix = text.single_line(reader.text("InvoiceNumberPrefix"))
    return f"{prefix}{number}" if number else ""


def _unreadable(subject: str, fault: str, invoice: str = "") -> Unreadable:
    problem = Problem(
        ProblemKind.UNREADABLE_ORDER,
        subject,
        f"the store's list of orders has {fault}",
        "Look for a damaged order among the newest in 3dcart; if there is none, ask 3dcart's support.",
    )
    what = f"{fault}, invoice {invoice}" if invoice else fault
    return Unreadable(None, problem, what, hashlib.sha256(what.encode()).hexdigest())
