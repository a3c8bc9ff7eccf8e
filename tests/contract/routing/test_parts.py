"""An order of which two warehouses ship parts: each unit once, the store told the truth, quantities conserved."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.errors import RemoteError
from cartage.lifecycle.parts import NotConserved, Piece, divide_group
from cartage.lifecycle.transitions import By
from cartage.model.skip_reasons import NO_LONGER_ORDERED
from cartage.operations.corrections import correct_order
from cartage.reconciliation.reconcile import reconcile
from cartage.routing.views.explanation import explain_order
from cartage.validation.repo.holds import hold_order
from cartage_sandbox.kernel.faults import Fault
from tests.contract.divided import (
    by_line,
    forget_parts,
    order_of,
    parts_of,
    places_of,
    set_lines,
    ship_reference,
    times_sent,
    units_in_store,
    units_of_parts,
    watch_again,
)
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import CANCEL, ORDERS_STAGES, PARTIAL, PROCESSING, SHIPMENT_STAGES, SHIPPED, at_once

SKUS = ("MUG", "PAN", "TEA")


@pytest.fixture
def divided(two: TwoWarehouses) -> TwoWarehouses:
    """Mugs go west, all else east; both know all items."""
    two.put_in_both(*SKUS)
    two.settings["routing"] = by_line()
    return two


def test_lines_of_different_rules_go_to_their_warehouses_and_come_back_as_one_order(
    divided: TwoWarehouses,
) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    first, second = parts_of(divided, order_id)
    assert places_of(divided, order_id) == {WEST: {"MUG": 2}, EAST: {"PAN": 1}}
    assert second.reference == f"{first.reference}BA", (
        "part 0 has the reference that the order would have without rules"
    )
    assert {first.state, second.state} == {"acknowledged"}
    assert divided.store_status(order_id) == PROCESSING
    sent = divided.sent()
    assert sent == {part.warehouse: {part.reference: 1} for part in (first, second)}

    east, west = sorted((first, second), key=lambda part: part.warehouse)
    [of_west] = ship_reference(divided, WEST, west.reference)
    divided.go(*SHIPMENT_STAGES)
    assert divided.store_status(order_id) == PARTIAL
    assert divided.tracking(order_id) == of_west
    [of_east] = ship_reference(divided, EAST, east.reference)
    divided.go(*SHIPMENT_STAGES)
    assert divided.store_status(order_id) == SHIPPED
    assert set(divided.tracking(order_id).split(", ")) == {of_west, of_east}

    before = len(divided.calls(method="PUT"))
    divided.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert len(divided.calls(method="PUT")) == before, "nothing is written twice"
    assert divided.sent() == sent
    context = divided.context("compare")
    assert not reconcile(context, days=7).differences
    context.close()


def test_processing_waits_for_every_part(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=1, PAN=1)
    divided.go("import_orders", "validate_mappings")
    divided.west.warehouse.faults.add(Fault("POST .*/order$", "reset", "after"))
    divided.go("settle_outcomes", "transfer_to_warehouse", "mark_processing")
    assert sorted(divided.state_of(order_id)) == ["acknowledged", "unknown"]
    assert divided.store_status(order_id) != PROCESSING
    divided.wait_out()
    divided.go(*ORDERS_STAGES)
    assert divided.store_status(order_id) == PROCESSING
    assert times_sent(divided) == [1, 1]


def test_when_needed_divides_only_what_no_warehouse_has_whole(divided: TwoWarehouses) -> None:
    divided.settings |= {
        "inventory": {},
        "routing": [{"name": "stock", "prefer": [EAST, WEST], "split": "when_needed"}],
    }
    divided.put_in_both("MUG", east=3, west=2)
    divided.put_in_both("PAN", "TEA")
    whole, apart, waits = order_of(divided, MUG=1), order_of(divided, MUG=4), order_of(divided, MUG=2, PAN=1)
    divided.go("poll_stock", *ORDERS_STAGES)
    assert places_of(divided, whole) == {EAST: {"MUG": 1}}
    assert places_of(divided, apart) == {EAST: {"MUG": 2}, WEST: {"MUG": 2}}
    assert places_of(divided, waits) == {"": {"MUG": 2, "PAN": 1}}
    assert divided.causes() == {"not_routed": 1}
    divided.put_in_both("MUG", east=0, west=20)
    divided.go("poll_stock", *ORDERS_STAGES)
    assert places_of(divided, waits) == {WEST: {"MUG": 2, "PAN": 1}}
    assert divided.causes() == {}


def test_by_line_sends_what_there_is_and_the_rest_when_it_comes(divided: TwoWarehouses) -> None:
    divided.settings |= {
        "inventory": {},
        "routing": [{"name": "stock", "prefer": [EAST, WEST], "split": "by_line"}],
    }
    divided.put_in_both("PAN", east=0, west=0)
    order_id = order_of(divided, MUG=1, PAN=1)
    divided.go("poll_stock", *ORDERS_STAGES)
    assert places_of(divided, order_id) == {EAST: {"MUG": 1}, "": {"PAN": 1}}
    assert sorted(divided.state_of(order_id)) == ["acknowledged", "blocked"]
    [mug] = [part for part in parts_of(divided, order_id) if part.warehouse]
    ship_reference(divided, EAST, mug.reference)
    divided.go(*SHIPMENT_STAGES)
    assert divided.store_status(order_id) == PARTIAL
    divided.put_in_both("PAN", east=0, west=5)
    divided.go("poll_stock", *ORDERS_STAGES)
    assert places_of(divided, order_id) == {EAST: {"MUG": 1}, WEST: {"PAN": 1}}
    [pan] = [part for part in parts_of(divided, order_id) if part.warehouse == WEST]
    ship_reference(divided, WEST, pan.reference)
    divided.go(*SHIPMENT_STAGES)
    assert divided.store_status(order_id) == SHIPPED


@pytest.mark.parametrize(
    ("choice", "goes"),
    [
        ("split", {EAST: {"MUG": 1}, "": {"PAN": 1}}),
        ("backorder", {EAST: {"MUG": 1, "PAN": 1}}),
        ("wait", {"": {"MUG": 1, "PAN": 1}}),
    ],
)
def test_a_person_chooses_how_an_order_goes_on_that_nobody_has(
    divided: TwoWarehouses, monkeypatch: pytest.MonkeyPatch, choice: str, goes: dict[str, dict[str, int]]
) -> None:
    monkeypatch.setattr("cartage.cli.routing.choosing.chosen_lanes", lambda _: [divided.lane])
    divided.settings |= {"inventory": {}, "routing": [{"name": "stock", "prefer": [EAST, WEST]}]}
    divided.put_in_both("PAN", east=0, west=0)
    order_id = order_of(divided, MUG=1, PAN=1)
    divided.go("poll_stock", "import_orders", "validate_mappings")
    assert places_of(divided, order_id) == {"": {"MUG": 1, "PAN": 1}}
    reference = parts_of(divided, order_id)[0].reference
    command = ["routing", "choose", reference, choice, "--by", "Kim"]
    result = CliRunner().invoke(app, command)
    if choice == "wait":
        assert result.exit_code != 0
        assert "has this choice already" in result.output
    else:
        assert result.exit_code == 0, result.output
    divided.go("validate_mappings")
    assert places_of(divided, order_id) == goes


def test_lines_of_others_are_a_part_that_is_skipped(divided: TwoWarehouses) -> None:
    divided.settings["routing"] = [{"name": "drop", "when": {"skus": ["TEA"]}, "nobody": True}]
    order_id = order_of(divided, MUG=1, TEA=3)
    divided.go(*ORDERS_STAGES)
    assert places_of(divided, order_id) == {EAST: {"MUG": 1}, "": {"TEA": 3}}
    assert sorted(divided.state_of(order_id)) == ["acknowledged", "skipped"]
    [mug] = [part for part in parts_of(divided, order_id) if part.warehouse]
    ship_reference(divided, EAST, mug.reference)
    divided.go(*SHIPMENT_STAGES)
    assert divided.store_status(order_id) == SHIPPED, "what others ship does not keep the order open"


def test_what_was_not_sent_follows_the_rules_and_goes_whole_under_its_first_reference(
    divided: TwoWarehouses,
) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    assert len(parts_of(divided, order_id)) == 2
    divided.settings["routing"] = []
    divided.go("validate_mappings")
    [whole] = parts_of(divided, order_id)
    assert (whole.part, whole.warehouse, whole.units) == (0, EAST, {"MUG": 2, "PAN": 1})
    divided.settings["routing"] = by_line()
    divided.go("validate_mappings")
    assert [part.part for part in parts_of(divided, order_id)] == [0, 1], "an ended part comes back"
    divided.go(*ORDERS_STAGES)
    assert times_sent(divided) == [1, 1]


def test_an_edit_before_sending_changes_the_parts(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    set_lines(divided, order_id, MUG=3, TEA=1)
    divided.go("import_orders", "validate_mappings")
    assert places_of(divided, order_id) == {WEST: {"MUG": 3}, EAST: {"TEA": 1}}
    set_lines(divided, order_id, MUG=1)
    divided.go(*ORDERS_STAGES)
    assert places_of(divided, order_id) == {WEST: {"MUG": 1}}
    assert [part.part for part in parts_of(divided, order_id)] == [0]


def test_an_edit_of_the_part_that_waits_leaves_the_one_that_was_sent(divided: TwoWarehouses) -> None:
    divided.settings |= {
        "inventory": {},
        "routing": [{"name": "stock", "prefer": [EAST, WEST], "split": "by_line"}],
    }
    divided.put_in_both("PAN", east=0, west=0)
    order_id = order_of(divided, MUG=1, PAN=2)
    divided.go("poll_stock", *ORDERS_STAGES)
    set_lines(divided, order_id, MUG=1, PAN=1, TEA=1)
    divided.go(*ORDERS_STAGES)
    assert divided.rows("SELECT 1 FROM exception") == []
    assert units_of_parts(divided, order_id) == units_in_store(divided, order_id)
    assert places_of(divided, order_id) == {EAST: {"MUG": 1, "TEA": 1}, "": {"PAN": 1}}


def test_an_edit_of_a_sent_part_is_an_exception_and_resent_alone(divided: TwoWarehouses) -> None:
    divided.settings["changes"] = {"edited": "resend"}
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    west = next(part for part in parts_of(divided, order_id) if part.warehouse == WEST)
    set_lines(divided, order_id, MUG=1, PAN=1)
    for _ in range(3):
        watch_again(divided)
        divided.go(*ORDERS_STAGES)
    after = {part.warehouse: part for part in parts_of(divided, order_id)}
    assert (after[WEST].units, after[EAST].units) == ({"MUG": 1}, {"PAN": 1})
    assert after[WEST].reference != west.reference
    assert after[WEST].state == "acknowledged"
    assert divided.sent()[EAST] == {after[EAST].reference: 1}, "the other part is not touched"
    assert divided.sent()[WEST] == {west.reference: 1, after[WEST].reference: 1}


def test_a_part_that_is_cancelled_goes_elsewhere_as_its_next_generation(divided: TwoWarehouses) -> None:
    divided.settings["changes"] = {"edited": "resend"}
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    divided.settings["routing"] = []
    set_lines(divided, order_id, MUG=3, PAN=1)
    for _ in range(3):
        watch_again(divided)
        divided.go(*ORDERS_STAGES)
    assert places_of(divided, order_id) == {EAST: {"MUG": 3, "PAN": 1}}
    assert units_of_parts(divided, order_id) == units_in_store(divided, order_id)


def test_a_cancel_in_the_store_cancels_every_part(divided: TwoWarehouses) -> None:
    divided.settings["changes"] = {"cancelled": "cancel"}
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    divided.shop.store.edit(order_id, OrderStatusID=CANCEL)
    for _ in range(3):
        watch_again(divided)
        divided.go(*ORDERS_STAGES)
    assert divided.state_of(order_id) == ["cancelled", "cancelled"]


def test_a_division_that_loses_a_unit_is_refused(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders")
    [row] = divided.rows("SELECT id FROM fulfillment_order WHERE order_id = :id", id=order_id)
    for pieces in (
        [Piece({0: Decimal(1), 1: Decimal(1)}, row.id)],
        [Piece({0: Decimal(2)}, row.id), Piece({1: Decimal(2)})],
        [Piece({0: Decimal(2), 1: Decimal(1)}, row.id), Piece({2: Decimal(1)})],
    ):
        with pytest.raises(NotConserved), divided.ledger.begin() as connection:
            divide_group(connection, "A0K", [row.id], pieces, By("test", "test"))
    assert len(parts_of(divided, order_id)) == 1


def test_a_restored_ledger_finds_the_parts_that_it_has_forgotten(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1, TEA=1)
    divided.go(*ORDERS_STAGES)
    sent, places = divided.sent(), places_of(divided, order_id)
    # The backup knows the order as it was before it was divided.
    [row] = divided.rows("SELECT id FROM sales_order")
    forget_parts(divided, row.id)
    divided.shop.store.edit(order_id, OrderStatusID=1)
    divided.execute(
        "UPDATE lane_state SET quarantined_at = now(), surveyed_at = NULL, quarantine_ended_at = NULL"
    )
    divided.settings["routing"] = []
    for _ in range(2):
        divided.go(*ORDERS_STAGES)
    assert places_of(divided, order_id) == places
    assert divided.sent() == sent, "nothing is sent a second time"
    assert divided.state_of(order_id) == ["acknowledged", "acknowledged"]


def test_an_order_that_an_import_has_locked_is_divided_by_the_next_run(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders")
    with divided.ledger.begin() as connection:
        connection.execute(text("SELECT id FROM sales_order FOR UPDATE"))
        at_once(lambda: divided.go("validate_mappings"))
    assert len(parts_of(divided, order_id)) == 1, "an import that waits for this lock would not see new parts"
    divided.go("validate_mappings")
    assert len(parts_of(divided, order_id)) == 2


def test_a_corrected_address_is_that_of_all_parts(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    first, *_ = divided.rows(
        "SELECT id FROM fulfillment_order WHERE order_id = :id ORDER BY part", id=order_id
    )
    with divided.ledger.begin() as connection:
        correct_order(
            connection, "demo", first.id, {"address1": "7 Oak St"}, None, "she moved", By("Kim", "test")
        )
    divided.go(*ORDERS_STAGES)
    rows = divided.rows("SELECT ship_to ->> 'address1' AS street, state FROM fulfillment_order")
    assert [(row.street, row.state) for row in rows] == [("7 Oak St", "acknowledged")] * 2
    assert units_of_parts(divided, order_id) == units_in_store(divided, order_id)


def test_a_part_is_explained_with_the_others_of_its_order(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    with divided.ledger.begin() as connection:
        [*ids] = connection.execute(text("SELECT id FROM fulfillment_order ORDER BY part")).scalars()
        explained = [explain_order(connection, divided.lane, part) for part in ids]
    assert len(explained) == 2
    for each in explained:
        assert each.now is not None
        assert each.now.decision.sentence == "1 line to west by rule mugs; 1 line to east: no rule took it"
    assert units_of_parts(divided, order_id) == units_in_store(divided, order_id)


@pytest.mark.parametrize("first", [EAST, WEST])
def test_a_new_ledger_divides_an_order_of_which_a_warehouse_has_a_part(
    divided: TwoWarehouses, first: str
) -> None:
    if first == EAST:
        divided.settings["routing"] = [{"name": "pans", "when": {"skus": ["PAN"]}, "to": EAST}, *by_line()]
    order_id = order_of(divided, PAN=1, MUG=2)
    divided.go("import_orders", "validate_mappings")
    divided.warehouse_fault("POST .*/orders$", "status", status=503, nth=0)
    with suppress(RemoteError):
        divided.go("settle_outcomes", "transfer_to_warehouse")
    sent = divided.sent()
    assert [len(sent[EAST]), len(sent[WEST])] == [0, 1], "one of two parts has left"
    [(of_west, times)] = sent[WEST].items()
    assert of_west.endswith("BA") == (first == EAST), "it is the first part, or a further one"
    # A new ledger: it knows the store and nothing of the order, which still has the import status.
    divided.shop.warehouse.faults.clear()
    for statement in (
        "DELETE FROM transfer",
        "DELETE FROM event",
        "DELETE FROM hold",
        "DELETE FROM fulfillment_order",
        "DELETE FROM post_back",
        "DELETE FROM sales_order",
        "DELETE FROM circuit",
        "UPDATE lane_state SET quarantined_at = now(), surveyed_at = NULL, quarantine_ended_at = NULL",
    ):
        divided.execute(statement)
    divided.settings["routing"] = []
    for _ in range(3):
        divided.go(*ORDERS_STAGES)
    assert divided.sent()[WEST] == {of_west: times}
    assert list(divided.sent()[EAST].values()) == [1]
    assert places_of(divided, order_id) == {WEST: {"MUG": 2}, EAST: {"PAN": 1}}
    assert divided.state_of(order_id) == ["acknowledged", "acknowledged"]


def test_a_restored_ledger_that_knows_one_part_finds_the_other(divided: TwoWarehouses) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    sent, places = divided.sent(), places_of(divided, order_id)
    divided.execute(
        "DELETE FROM transfer WHERE fulfillment_order_id IN (SELECT id FROM fulfillment_order WHERE part = 1)"
    )
    divided.execute(
        "UPDATE fulfillment_order SET state = 'imported', remote_id = NULL, warehouse = '', request = NULL "
        "WHERE part = 1"
    )
    divided.execute("UPDATE sales_order SET posted_status = NULL, posted_at = NULL, verified_at = NULL")
    divided.shop.store.edit(order_id, OrderStatusID=1)
    divided.execute(
        "UPDATE lane_state SET quarantined_at = now(), surveyed_at = NULL, quarantine_ended_at = NULL"
    )
    divided.settings["routing"] = []
    for _ in range(2):
        divided.go(*ORDERS_STAGES)
    assert (divided.sent(), places_of(divided, order_id)) == (sent, places)
    assert divided.state_of(order_id) == ["acknowledged", "acknowledged"]


def test_a_part_whose_lines_were_removed_stays_out_and_the_others_are_not_touched(
    divided: TwoWarehouses,
) -> None:
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go("import_orders", "validate_mappings")
    kept = next(part for part in parts_of(divided, order_id) if "MUG" in part.units)
    kim, day = By("Kim", "test"), timedelta(days=1)
    with divided.ledger.begin() as connection:
        hold_order(connection, "demo", kept.reference, reason="look", owner="Kim", lasting=day, by=kim)
    set_lines(divided, order_id, PAN=1)
    divided.go("import_orders", "validate_mappings")
    events = divided.rows("SELECT count(*) AS events FROM event")
    for _ in range(2):
        divided.go("import_orders", "validate_mappings")
    assert [(part.state, part.reason) for part in parts_of(divided, order_id) if part.part == kept.part] == [
        ("skipped", NO_LONGER_ORDERED)
    ]
    assert divided.rows("SELECT count(*) AS events FROM event") == events, "nothing changes in later runs"


def test_a_restored_ledger_divides_nothing_by_a_part_that_was_cancelled(divided: TwoWarehouses) -> None:
    divided.settings["changes"] = {"edited": "resend"}
    order_id = order_of(divided, MUG=2, PAN=1)
    divided.go(*ORDERS_STAGES)
    [further] = [part.reference for part in parts_of(divided, order_id) if part.part]
    divided.settings["routing"] = []
    divided.amend(order_id, shipment={"ShipmentAddress": "7 Oak St"})
    watch_again(divided)
    divided.go("import_orders", "validate_mappings", "settle_outcomes", "import_orders", "validate_mappings")
    [whole] = parts_of(divided, order_id)
    assert (whole.part, whole.state, whole.units) == (0, "ready", {"MUG": 2, "PAN": 1}), "resent as one"
    divided.execute(
        "UPDATE lane_state SET quarantined_at = now(), surveyed_at = NULL, quarantine_ended_at = NULL"
    )
    divided.go(*ORDERS_STAGES)
    assert [part.state for part in parts_of(divided, order_id)] == ["acknowledged"]
    sent = {reference for at in divided.sent().values() for reference in at}
    assert sent > {further, whole.reference}
