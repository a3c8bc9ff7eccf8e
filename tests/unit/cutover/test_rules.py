"""The cutover's rules: the old system's references, suggested decisions, and decisions that cannot be carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cartage.cutover.rules import (
    AtWarehouse,
    CutoverCandidate,
    CutoverDecision,
    objection,
    old_reference,
    suggest_decision,
)
from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup

NOW = datetime(2026, 11, 1, tzinfo=UTC)
GROUP = ShipGroup(7, Address(city="Rochester"), "UPS", (OrderLine(1, "MUG", Decimal(2)),))
ORDER = SalesOrder(31882, 1, "AB-1001", NOW, groups=(GROUP,))
OPEN = AtWarehouse("55", "ab-1001", "open")


def listed(
    there: AtWarehouse | None = None, *, reference: str = "AB-1001", shared: bool = False
) -> CutoverCandidate:
    return CutoverCandidate(ORDER, GROUP, reference, there, shared)


@pytest.mark.parametrize(
    ("template", "reference"),
    [
        ("{invoice}", "AB-1001"),
        ("PB{order_id}-{shipment_id}", "PB31882-7"),
        ("{order_id}", "31882"),
    ],
)
def test_the_old_reference_is_made_of_the_orders_numbers(template: str, reference: str) -> None:
    assert old_reference(template, ORDER, 7) == reference


def test_an_order_without_an_invoice_number_has_no_old_reference() -> None:
    assert old_reference("X-{invoice}", SalesOrder(5, 1), 0) == ""
    assert old_reference("X-{order_id}", SalesOrder(5, 1), 0) == "X-5"


def test_a_text_about_a_reference_of_70_000_characters_is_short() -> None:
    order = replace(ORDER, invoice="A" * 70_000)
    reference = old_reference("{invoice}", order, 7)
    assert len(reference) == 70_000
    candidate = CutoverCandidate(order, GROUP, reference, OPEN)
    text = objection(candidate, CutoverDecision.IMPORT)
    assert "ship it twice" in text
    assert "(70,000 characters, digest " in text
    assert len(text) < 300
    assert suggest_decision(candidate).decision is CutoverDecision.ADOPT


@pytest.mark.parametrize(
    ("candidate", "decision"),
    [
        (listed(), CutoverDecision.IMPORT),
        (listed(OPEN), CutoverDecision.ADOPT),
        (listed(AtWarehouse("55", "AB-1001", "shipped")), CutoverDecision.ADOPT),
        (listed(AtWarehouse("55", "AB-1001", "cancelled")), CutoverDecision.KEEP),
        (listed(OPEN, shared=True), CutoverDecision.KEEP),
        (listed(reference=""), CutoverDecision.KEEP),
    ],
)
def test_what_the_warehouse_has_suggests_the_decision(
    candidate: CutoverCandidate, decision: CutoverDecision
) -> None:
    suggested = suggest_decision(candidate)
    assert suggested.decision is decision
    assert suggested.why
    assert objection(candidate, suggested.decision) == ""


@pytest.mark.parametrize(
    ("candidate", "decision", "words"),
    [
        (listed(OPEN), CutoverDecision.IMPORT, "ship it twice"),
        (listed(), CutoverDecision.ADOPT, "has no order AB-1001"),
        (listed(AtWarehouse("5", "AB-1001", "cancelled")), CutoverDecision.ADOPT, "has no order"),
        (listed(OPEN, shared=True), CutoverDecision.ADOPT, "cannot be adopted"),
    ],
)
def test_a_decision_that_would_go_wrong_is_refused(
    candidate: CutoverCandidate, decision: CutoverDecision, words: str
) -> None:
    assert words in objection(candidate, decision)


def test_the_owner_may_keep_any_order_and_import_a_cancelled_one() -> None:
    for there in (None, OPEN, AtWarehouse("55", "AB-1001", "cancelled")):
        assert objection(listed(there), CutoverDecision.KEEP) == ""
    assert objection(listed(AtWarehouse("55", "AB-1001", "cancelled")), CutoverDecision.IMPORT) == ""
