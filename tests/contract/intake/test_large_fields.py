"""Orders with fields of 100 kB: each is sent, blocked or skipped by itself, and stops no other and no stage."""

from __future__ import annotations

from random import Random

from tests.contract.world import ORDERS_STAGES, World

SIZE = 100_000
# Drawn at random, so that PostgreSQL cannot compress a value until it fits into an index.
_SIGNS = "".join(map(chr, [*range(48, 58), *range(65, 91), *range(97, 123), *range(0x4E00, 0x5E00)]))

ORDER_FIELDS = (
    *("BillingEmail", "BillingPhoneNumber", "InvoiceNumberPrefix", "InvoiceNumber"),
    *("CustomerComments", "InternalComments", "ExternalComments", "OrderAmount"),
)
LINE_FIELDS = ("ItemID", "ItemDescription", "ItemQuantity", "ItemUnitPrice", "ItemAdditionalField3")
SHIPMENT_FIELDS = tuple(
    f"Shipment{name}"
    for name in (
        *("MethodName", "FirstName", "LastName", "Company", "Address", "Address2", "City"),
        *("State", "ZipCode", "Country", "Phone", "Email", "TrackingCode"),
    )
)


def large(seed: int = 1, size: int = SIZE) -> str:
    """Return a text that no index can hold and no compression shortens."""
    return "".join(Random(seed).choices(_SIGNS, k=size))


def place_with(world: World, field: str, value: str) -> int:
    """Place an order in which one field has this value."""
    [order_id] = world.place("single")
    if field in LINE_FIELDS:
        world.amend(order_id, line={field: value})
    elif field in SHIPMENT_FIELDS:
        world.amend(order_id, shipment={field: value})
    else:
        world.shop.store.edit(order_id, **{field: value})
    return order_id


def test_a_field_of_100_kb_anywhere_in_an_order_concerns_that_order_alone(world: World) -> None:
    [sound] = world.place("single")
    odd = {
        field: place_with(world, field, large()) for field in (*ORDER_FIELDS, *LINE_FIELDS, *SHIPMENT_FIELDS)
    }
    world.go(*ORDERS_STAGES[:2], "blocked_orders", *ORDERS_STAGES[2:])
    assert world.state_of(sound) == ["acknowledged"]
    ended = {field: world.state_of(order_id) for field, order_id in odd.items()}
    assert all(ended.values())
    assert {state for states in ended.values() for state in states} <= {"acknowledged", "blocked", "skipped"}
    assert {field: ended[field] for field in ("ItemID", "ShipmentMethodName", "CustomerComments")} == {
        "ItemID": ["blocked"],
        "ShipmentMethodName": ["blocked"],
        "CustomerComments": ["blocked"],
    }


def test_a_sku_or_ship_method_of_70_kb_has_one_cause_with_a_short_text(world: World) -> None:
    for field in ("ItemID", "ShipmentMethodName"):
        place_with(world, field, large(size=70_000))
    world.go(*ORDERS_STAGES[:2], "blocked_orders")
    causes = world.rows("SELECT kind, subject, message, fix FROM cause ORDER BY subject")
    assert [(cause.kind, cause.subject) for cause in causes] == [
        ("field_too_long", "SKU (at most 500)"),
        ("field_too_long", "ship method (at most 500)"),
    ]
    assert all(len(cause.message) < 200 and len(cause.fix) < 200 for cause in causes)
    kept = world.rows("SELECT max(length(sku)) AS sku FROM fulfillment_line")
    assert kept[0].sku == 70_000
