from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.errors.problems import ProblemKind
from cartage.model.orders import Address, CheckoutQuestion, LineKind, LineOption, SalesOrder
from cartage.storefront.translation.content import content_hash
from cartage.storefront.translation.orders import Unreadable, translate_order
from cartage.storefront.wire.orders import ITEM_FIELDS, ORDER_FIELDS, SHIPMENT_FIELDS

if TYPE_CHECKING:
    from tests.unit.storefront.conftest import Make

ZONE = ZoneInfo("America/New_York")


def read(raw: object) -> SalesOrder:
    order = translate_order(raw, ZONE)
    assert isinstance(order, SalesOrder)
    return order


def subjects(order: SalesOrder) -> set[str]:
    return {problem.subject for problem in order.problems}


def test_an_ordinary_order_is_translated_in_full(make: Make) -> None:
    order = read(make.order(CustomerComments="Leave at door\r\n<b>please</b>"))
    assert (order.order_id, order.status_id, order.invoice) == (31882, 1, "AB-20417")
    assert order.ordered_at == datetime(2026, 3, 2, 14, 14, 55, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 3, 2, 14, 15, 3, tzinfo=UTC)
    assert (order.email, order.comments) == ("zoe@example.test", "Leave at door\nplease")
    assert order.problems == ()
    (group,) = order.groups
    assert (group.shipment_id, group.ship_method) == (0, "USPS - Priority Mail")
    assert group.ship_to == Address(
        name="Zoë Example-O’Neil",
        address1="12 Invented Way",
        address2="Apt 4",
        city="Springfield",
        state="FL",
        zip_code="33000",
        country="US",
        phone="555-010-0100",
        email="zoe@example.test",
    )
    (line,) = group.lines
    assert (line.line_id, line.sku, line.quantity, line.unit_price) == (
        90211,
        "PACK-GRN-L",
        Decimal(2),
        Decimal(45),
    )
    assert (line.description, line.options) == ("Trail Pack", (LineOption("Color", "Green"),))


def test_the_billing_phone_and_email_are_used_if_a_shipment_has_none(make: Make) -> None:
    ship_to = read(make.order(ShipmentList=[make.shipment(ShipmentPhone=" ")])).groups[0].ship_to
    assert (ship_to.phone, ship_to.email) == ("555-010-0199", "zoe@example.test")


@pytest.mark.parametrize(("state", "country"), [("US-CA", "US"), ("us-CA", "us"), ("CA", "US")])
def test_a_state_is_read_without_its_country(make: Make, state: str, country: str) -> None:
    shipment = make.shipment(ShipmentState=state, ShipmentCountry=country)
    ship_to = read(make.order(ShipmentList=[shipment])).groups[0].ship_to
    assert (ship_to.state, ship_to.country) == ("CA", "US")


def test_an_order_without_invoice_number_has_no_invoice(make: Make) -> None:
    assert read(make.order(InvoiceNumber=0, InvoiceNumberPrefix="AB-")).invoice == ""


def test_padded_and_encoded_texts_are_made_plain(make: Make) -> None:
    shipment = make.shipment(
        ShipmentMethodName="2nd Day AirÂ® &amp; more ", ShipmentTrackingCode="1Z999" + " " * 45
    )
    order = read(make.order(ShipmentList=[shipment], OrderItemList=[make.item(ItemID=" PACK ")]))
    group = order.groups[0]
    assert (group.ship_method, group.tracking, group.lines[0].sku) == ("2nd Day Air® & more", "1Z999", "PACK")


@pytest.mark.parametrize(
    "raw", [None, 1, "text", [], True, {}, {"OrderID": None}, {"OrderID": "x"}, {"OrderID": [1]}]
)
def test_an_entry_that_is_not_an_order_is_unreadable_and_says_why(raw: object) -> None:
    entry = translate_order(raw, ZONE)
    assert isinstance(entry, Unreadable)
    assert entry.problem.kind is ProblemKind.UNREADABLE_ORDER
    assert entry.what in entry.problem.message
    assert entry.order_id is None
    assert entry.content_hash == translate_order(raw, ZONE).content_hash  # type: ignore[union-attr]


def test_orders_without_an_id_differ_by_invoice_and_share_one_cause(make: Make) -> None:
    first, other = (
        translate_order(make.order(OrderID=None, InvoiceNumber=number), ZONE) for number in (1, 2)
    )
    assert isinstance(first, Unreadable)
    assert isinstance(other, Unreadable)
    assert first.what.endswith("invoice AB-1")
    assert first.content_hash != other.content_hash
    assert first.problem.fingerprint == other.problem.fingerprint


@pytest.mark.parametrize("field", sorted(ORDER_FIELDS - {"OrderID"}))
def test_an_order_with_a_field_of_the_wrong_type_is_kept_and_names_the_field(make: Make, field: str) -> None:
    order = read(make.order(**{field: {"not": "a value"}}))
    assert order.order_id == 31882
    assert field in subjects(order)


@pytest.mark.parametrize("field", sorted(SHIPMENT_FIELDS - {"ShipmentOrderStatus"}))
def test_a_fault_in_a_shipment_is_named_by_its_path(make: Make, field: str) -> None:
    order = read(make.order(ShipmentList=[make.shipment(**{field: [1]})]))
    assert any(field in subject for subject in subjects(order))


@pytest.mark.parametrize("field", sorted(ITEM_FIELDS - {"CatalogID", "ItemAdditionalField3"}))
def test_a_fault_in_a_line_is_named_by_its_path(make: Make, field: str) -> None:
    order = read(make.order(OrderItemList=[make.item(**{field: [1]})]))
    assert f"OrderItemList[].{field}" in subjects(order)


def test_the_same_fault_is_one_cause_in_any_order_and_line(make: Make) -> None:
    first = read(make.order(OrderItemList=[make.item(ItemQuantity="many")]))
    other = read(
        make.order(OrderID=9, OrderItemList=[make.item(), make.item(ItemIndexID=2, ItemQuantity=[])])
    )
    assert {problem.fingerprint for problem in first.problems} == {
        problem.fingerprint for problem in other.problems
    }
    assert all("31882" not in problem.message for problem in first.problems)


@pytest.mark.parametrize("name", [*sorted(ORDER_FIELDS - {"OrderID"}), "OrderItemList"])
def test_null_and_missing_fields_are_absent_and_not_a_problem(make: Make, name: str) -> None:
    nulled = make.order(**{name: None})
    missing = {key: value for key, value in make.order().items() if key != name}
    for raw in (nulled, missing):
        assert subjects(read(raw)) <= {"OrderStatusID"}


def test_every_field_of_shipments_and_lines_may_be_null_except_a_lines_number_and_quantity(
    make: Make,
) -> None:
    nulls: dict[str, Any] = dict.fromkeys(SHIPMENT_FIELDS | ITEM_FIELDS)
    line = nulls | {"ItemIndexID": 5, "ItemQuantity": 1}
    order = read(make.order(ShipmentList=[nulls], OrderItemList=[line]))
    assert order.problems == ()
    assert order.groups[0].lines[0].sku == ""


def test_null_lists_of_lines_leave_a_group_without_lines(make: Make) -> None:
    order = read(make.order(OrderItemList=None))
    assert [group.lines for group in order.groups] == [()]


@pytest.mark.parametrize("shipments", [None, [], "none", [None]])
def test_an_order_without_a_shipment_is_one_group_and_a_problem(make: Make, shipments: object) -> None:
    order = read(make.order(ShipmentList=shipments))
    assert "ShipmentList" in subjects(order)
    assert [(group.shipment_id, len(group.lines)) for group in order.groups] == [(0, 1)]


def test_lines_go_to_the_shipment_that_they_name(make: Make) -> None:
    order = read(
        make.order(
            ShipmentList=[make.shipment(ShipmentID=501), make.shipment(ShipmentID=0)],
            OrderItemList=[
                make.item(ItemIndexID=1, ItemShipmentID=0),
                make.item(ItemIndexID=2, ItemShipmentID=501),
                make.item(ItemIndexID=3, ItemShipmentID=501),
            ],
        )
    )
    assert {group.shipment_id: [line.line_id for line in group.lines] for group in order.groups} == {
        501: [2, 3],
        0: [1],
    }
    assert order.problems == ()


def test_a_line_of_an_unknown_shipment_goes_to_the_only_one(make: Make) -> None:
    order = read(make.order(OrderItemList=[make.item(ItemShipmentID=77)]))
    assert [len(group.lines) for group in order.groups] == [1]
    assert order.problems == ()


def test_a_line_of_an_unknown_shipment_among_several_is_a_problem(make: Make) -> None:
    shipments = [make.shipment(ShipmentID=1), make.shipment(ShipmentID=2)]
    order = read(make.order(ShipmentList=shipments, OrderItemList=[make.item(ItemShipmentID=77)]))
    assert subjects(order) == {"OrderItemList[].ItemShipmentID"}


def test_two_shipments_of_one_id_are_a_problem(make: Make) -> None:
    order = read(make.order(ShipmentList=[make.shipment(), make.shipment()]))
    assert subjects(order) == {"ShipmentList[].ShipmentID"}


def test_two_lines_of_one_number_are_a_problem(make: Make) -> None:
    order = read(make.order(OrderItemList=[make.item(), make.item()]))
    assert subjects(order) == {"OrderItemList[].ItemIndexID"}


def test_zero_and_fractional_quantities_are_kept(make: Make) -> None:
    items = [make.item(ItemIndexID=1, ItemQuantity=0), make.item(ItemIndexID=2, ItemQuantity=Decimal("0.5"))]
    order = read(make.order(OrderItemList=items))
    assert [line.quantity for line in order.groups[0].lines] == [Decimal(0), Decimal("0.5")]
    assert order.problems == ()


def test_a_negative_quantity_is_a_problem(make: Make) -> None:
    order = read(make.order(OrderItemList=[make.item(ItemQuantity=-1)]))
    assert subjects(order) == {"OrderItemList[].ItemQuantity"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(alphabet=st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ROW = st.dictionaries(st.sampled_from(sorted(SHIPMENT_FIELDS | ITEM_FIELDS)), JSON)
ORDER = st.dictionaries(st.sampled_from(sorted(ORDER_FIELDS)), JSON)


@given(ORDER, st.lists(ROW | JSON, max_size=3) | JSON, st.lists(ROW | JSON, max_size=3) | JSON)
def test_translation_never_raises_and_its_texts_can_be_stored(
    fields: dict[str, Any], shipments: object, items: object
) -> None:
    order = translate_order(fields | {"OrderID": 7, "ShipmentList": shipments, "OrderItemList": items}, ZONE)
    assert isinstance(order, SalesOrder)
    assert order.order_id == 7
    text = repr(order)
    text.encode()
    assert "\\x00" not in text
    assert content_hash(order) == content_hash(order)
    for group in order.groups:
        assert 0 <= group.shipment_id < 2**63
        for line in group.lines:
            assert abs(line.line_id) < 2**63
            assert line.quantity.is_finite()
            assert isinstance(line.kind, LineKind)


@given(JSON)
def test_any_json_value_is_an_order_or_unreadable(raw: object) -> None:
    assert isinstance(translate_order(raw, ZONE), SalesOrder | Unreadable)


def test_all_other_texts_of_an_order_are_plain(make: Make) -> None:
    asked = [
        {"QuestionTitle": "PO&nbsp;number?", "QuestionAnswer": "<b>PO-77</b>"},
        {"QuestionTitle": "Gift message", "QuestionAnswer": ""},
        {"QuestionTitle": None, "QuestionAnswer": None},
    ]
    order = read(make.order(InternalComments="<p>VIP</p>", ExternalComments="soon", QuestionList=asked))
    assert (order.internal_comments, order.external_comments) == ("VIP", "soon")
    assert order.questions == (CheckoutQuestion("PO number?", "PO-77"),)


@pytest.mark.parametrize(
    ("methods", "alone"),
    [
        (["Gift Certificate"], True),
        (["gift certificate ", "Gift Certificate"], True),
        (["Gift Certificate", "Online Credit Card"], False),
        (["Gift Certificate", None], False),
        ([], False),
    ],
)
def test_gift_certificates_alone_are_payments_of_no_other_method(
    make: Make, methods: list[str | None], alone: bool
) -> None:
    payments = [{"TransactionMethod": method, "TransactionAmount": 5} for method in methods]
    assert read(make.order(TransactionList=payments)).gift_certificate_only is alone
    assert read(make.order(TransactionList=None)).gift_certificate_only is False


def test_a_line_knows_its_weight_and_the_stores_warehouse(make: Make) -> None:
    items = [
        make.item(ItemIndexID=1, ItemWeight="0.50", ItemWarehouseID=3),
        make.item(ItemIndexID=2, ItemWeight=None),
    ]
    first, second = read(make.order(OrderItemList=items)).groups[0].lines
    assert (first.weight, first.store_warehouse_id) == (Decimal("0.50"), 3)
    assert (second.weight, second.store_warehouse_id) == (None, 0)
